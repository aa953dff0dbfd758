package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/agent/payload"
)

type replayCommand struct {
	Readings []string `arg:"" help:"CSV files, or folders of them, packed by gzip or not: as \"recoup export\" writes them (time, tag, value, and if known quality, reason, plant), or with a column for each tag beside the time. Values are in the tag's unit."`
	From     string   `placeholder:"TIME" help:"Windows from this time on: 2026-11-23, \"2026-11-23 08:00\" in plant time, or RFC 3339 (default: all). What was read shortly before is used too."`
	To       string   `placeholder:"TIME" help:"Windows that end by this time."`
	Out      string   `placeholder:"FILE" help:"Write the JSON lines into this file, once all are computed."`
	Summary  bool     `help:"Print a table of the results over shifts and longer, in place of JSON lines."`
	Explain  string   `placeholder:"KPI@WINDOW" help:"Print step by step how one figure was computed, in place of JSON lines: mill.oil.removal@2026-11-23, @\"2026-11-23 night\", or @BEGIN/END in RFC 3339. \"Now\" is the end of the readings."`
	Short    bool     `help:"With --explain: leave out the middle of long tables."`
	Runs     bool     `name:"run-only" help:"With --explain: of the figure that counts some states of the plant only."`
	Lang     string   `placeholder:"zh|en" help:"Language of --summary and --explain (default: that of LANG)."`
}

// Run computes the KPIs over recorded readings. Each time stamp of a source makes
// a batch that was received then, so what the files do not say is not in the
// results: readings that came late count as if they had not, and where the agent
// stood still or dropped readings there is only time without readings, over which
// a totaliser is followed. Outages of a source are in what export writes.
func (c replayCommand) Run(s session) (err error) {
	a, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	from, to, err := exportCommand{From: c.From, To: c.To}.span(cfg.Plant)
	if err != nil {
		return err
	}
	rec, err := readRecording(s.ctx, c.Readings, cfg.Tags, cfg.Plant)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rec.close()) }()
	p := playback{session: s, calc: a.Calc, cfg: cfg, rec: rec, from: from, to: to}
	if err := c.show(&p); err != nil {
		return err
	}
	for _, note := range rec.notes() {
		fmt.Fprintln(s.err, note)
	}
	p.unfinished()
	return nil
}

// show replays for whoever shall read the results.
func (c replayCommand) show(p *playback) error {
	lang, err := whyCommand{Lang: c.Lang}.language()
	if err != nil {
		return err
	}
	var people []reader
	if c.Explain != "" {
		one, err := p.explainer(c.Explain, c.Short, c.Runs, lang)
		if err != nil {
			return err
		}
		people = append(people, one)
	}
	if c.Summary {
		people = append(people, newSummary(p, lang))
	}
	if c.Out == "" && people != nil {
		return p.run(people...)
	}
	lines, err := openJSONLines(c.Out, p)
	if err != nil {
		return err
	}
	return lines.close(p.run(append(people, lines)...))
}

// reader is told the results, in the order in which their windows closed.
type reader interface {
	take(r agent.Result) error
	end() error // after the last
}

// playback is a recording on its way through the engine.
type playback struct {
	session
	calc     agent.Calculator
	cfg      *config.Config
	rec      *recording
	from, to time.Time // windows that lie wholly between are told
}

// run replays. Readings from shortly before the first window and after the last
// are used too, as far as they bear on them.
func (p *playback) run(readers ...reader) error {
	err := p.rec.replay(p.ctx, nanoseconds(p.from.Add(-lead(p.cfg.Tags))), nanoseconds(p.to.Add(grace(p.cfg.Tags))), func(b *agent.Batch) error {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		results, _ := p.calc.Add(b)
		for _, r := range results {
			if r.Window.Start.Before(p.from) || r.Window.End.After(p.to) {
				continue
			}
			for _, one := range readers {
				if err := one.take(r); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for _, one := range readers {
		if err == nil {
			err = one.end()
		}
	}
	return err
}

// unfinished tells of windows that the readings do not reach the end of.
func (p *playback) unfinished() {
	_, end, ok := p.rec.span()
	if !ok {
		fmt.Fprintln(p.err, "no reading of a tag of the configuration")
		return
	}
	last, told := time.Unix(0, end), map[string]bool{}
	for _, r := range p.calc.Current() {
		w := r.Window
		text := fmt.Sprintf("the %s from %s had not ended; no results of it", w.Kind, w.Start.Format(time.RFC3339))
		if w.End.After(last) && !w.End.After(p.to) && w.Start.Before(last) && w.Kind != agent.Cell && !told[text] {
			told[text] = true
			fmt.Fprintln(p.err, text)
		}
	}
}

// nanoseconds gives a time as Unix nanoseconds, the extremes for those that have
// none.
func nanoseconds(t time.Time) int64 {
	switch y := t.Year(); {
	case y < 1970:
		return math.MinInt64
	case y > 2200:
		return math.MaxInt64
	}
	return t.UnixNano()
}

// jsonLines writes results as JSON, one a line.
type jsonLines struct {
	*bufio.Writer
	plant agent.Plant
	file  *os.File // nil: standard output
	name  string   // that the file gets when it is complete
}

func openJSONLines(name string, p *playback) (*jsonLines, error) {
	l := &jsonLines{plant: p.cfg.Plant, name: name, Writer: bufio.NewWriterSize(p.out, 1<<16)}
	if name == "" {
		return l, nil
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".recoup-replay-")
	if err != nil {
		return nil, usageError(err.Error())
	}
	l.file = f
	l.Reset(f)
	return l, nil
}

func (l *jsonLines) take(r agent.Result) error { return writeResult(l.Writer, l.plant, r) }

func (l *jsonLines) end() error { return nil }

// close gives the file its name, unless something went wrong before.
func (l *jsonLines) close(err error) error {
	err = errors.Join(err, l.Flush())
	if l.file == nil {
		return err
	}
	if err = errors.Join(err, l.file.Close()); err == nil {
		err = os.Rename(l.file.Name(), l.name)
	}
	if err != nil {
		os.Remove(l.file.Name())
	}
	return err
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

// grace is how long after its end a cell waits for an input, at the most.
func grace(tags []*agent.Tag) time.Duration {
	longest := time.Minute
	for _, tag := range tags {
		longest = max(longest, 2*tag.Every)
	}
	return longest + time.Second
}

// lead is how long before a window a reading may lie that bears on it.
func lead(tags []*agent.Tag) time.Duration {
	longest := 15 * time.Minute
	for _, tag := range tags {
		longest = max(longest, tag.Gap(), tag.Frozen)
	}
	return longest
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
