package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"recoup/agent"
	"recoup/agent/payload"
)

type replayCommand struct {
	Readings string `arg:"" help:"CSV with the columns time, tag, value and, if known, quality, reason and plant; as \"recoup export\" writes it. Values are in the tag's unit."`
}

// Run computes the KPIs over recorded readings. Each time stamp of a source makes
// a batch that was received then, so what the file does not say is not in the
// results: readings that came late count as if they had not, and where the agent
// stood still or dropped readings there is only time without readings, over which
// a totaliser is followed. Outages of a source are in what export writes.
func (c replayCommand) Run(s session) (err error) {
	a, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	f, err := os.Open(c.Readings)
	if err != nil {
		return usageError(err.Error())
	}
	defer f.Close()
	rec, err := readRecording(f, cfg.Tags, cfg.Plant)
	if err != nil {
		return fmt.Errorf("%s, %w", c.Readings, err)
	}
	for _, note := range rec.notes() {
		fmt.Fprintf(s.err, "%s: %s\n", c.Readings, note)
	}
	out := bufio.NewWriter(s.out)
	defer func() { err = errors.Join(err, out.Flush()) }()
	for b := range rec.batches() {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		results, _ := a.Calc.Add(b)
		for _, r := range results {
			if err := writeResult(out, cfg.Plant, r); err != nil {
				return err
			}
		}
	}
	for _, r := range a.Calc.Current() {
		if end := r.Window.End; end.After(rec.last()) && r.Window.Start.Before(rec.last()) && r.Window.Kind != agent.Cell {
			fmt.Fprintf(s.err, "%s: the %s of %s from %s had not ended; no result\n", c.Readings, r.Window.Kind, r.KPI, r.Window.Start.Format(time.RFC3339))
		}
	}
	return nil
}

// writeResult writes a result as a line that says whose it is, in the forms in
// which payload has plant and result among others.
func writeResult(out io.Writer, plant agent.Plant, r agent.Result) error {
	own := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: 1}, Source: agent.Own, Results: []agent.Result{r}}
	text, err := payload.Append(nil, payload.Header{Plant: plant}, agent.Delivery{Epoch: 1, From: 1, To: 1, Batches: []*agent.Batch{own}})
	if err != nil {
		return err
	}
	var form struct {
		Plant   json.RawMessage `json:"plant"`
		Batches []struct {
			Results []json.RawMessage `json:"results"`
		} `json:"batches"`
	}
	if err := json.Unmarshal(text, &form); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "{\"plant\":%s,%s\n", form.Plant, form.Batches[0].Results[0][1:])
	return err
}

// asRecorded gives the tag that a recorded value belongs to: it is in the unit
// already, and whoever recorded it knew the device's marks for "no value".
func asRecorded(tag *agent.Tag) *agent.Tag {
	if tag.Counter != nil {
		return tag
	}
	plain := *tag
	plain.Scale, plain.Offset, plain.Sentinels, plain.Ratios = 0, 0, nil, nil
	return &plain
}

// wireValue gives the wire's value. A totaliser is followed in its own counts,
// which begin anew at its modulus, so a value in the unit is turned back into
// the whole count that gives it.
func wireValue(tag *agent.Tag, value float64) agent.Value {
	if tag.Counter == nil {
		return agent.Float64Value(value)
	}
	raw := value - tag.Offset
	if tag.Scale != 0 {
		raw /= tag.Scale
	}
	if count := math.Round(raw); count >= 0 && count < 1<<63 {
		v := agent.Uint64Value(uint64(count))
		if eng, _ := tag.Eng(v); eng == value {
			return v
		}
	}
	return agent.Float64Value(raw)
}

// judged gives a recorded reading its quality: the one that is recorded, else
// that of its plausibility.
func judged(r agent.Reading, quality string, code agent.Code) (agent.Reading, error) {
	r.Reason.Code = code
	for _, q := range []agent.Quality{agent.Bad, agent.Uncertain, agent.Good} {
		if quality == q.String() {
			r.Quality = q
			return r, nil
		}
	}
	if quality != "" {
		return r, fmt.Errorf("quality %.20q is not good, uncertain or bad", quality)
	}
	r.Quality, r.Reason = r.Tag.Judge(r.Value)
	return r, nil
}

// numberIn reads a recorded value; text and nothing are no number.
func numberIn(cell string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
	return f, err == nil || errors.Is(err, strconv.ErrRange)
}

// grace is how long after its end a cell waits for an input, at the most.
func grace(tags []*agent.Tag) time.Duration {
	longest := time.Minute
	for _, tag := range tags {
		longest = max(longest, 2*tag.Every)
	}
	return longest + time.Second
}

// sourcesOf lists the sources of tags.
func sourcesOf(tags []*agent.Tag) (all []string) {
	for _, tag := range tags {
		if !slices.Contains(all, tag.Source) {
			all = append(all, tag.Source)
		}
	}
	return all
}
