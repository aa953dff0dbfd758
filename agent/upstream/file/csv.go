package file

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"

	"recoup/agent"
)

// heads gives the first line of each kind of file.
func heads() map[string]string {
	return map[string]string{
		readingsKind: "time,tag,value,quality,reason,unit,plant\n",
		resultsKind:  "kpi,window,start,end,value,u,unit,coverage,quality,reason,verdict,partial,revision,zone,plant,plant_name,company,credit_code,sector,park\n",
		eventsKind:   "kind,key,start,end,reason,readings,plant\n",
	}
}

// csv writes readings, results and events into files of their own. Values are in
// the tag's unit, times in UTC.
func (p *pages) csv(d agent.Delivery) error {
	rows, plant := map[page][][]string{}, p.header.Plant
	owner := []string{plant.ID, plant.Name, plant.Company.Name, plant.Company.CreditCode, plant.Company.Sector, plant.Company.Park}
	for _, b := range d.Batches {
		for i := range b.Readings {
			to := p.at(readingsKind, b)
			rows[to] = append(rows[to], append(readingCells(&b.Readings[i]), plant.ID))
		}
		for i := range b.Results {
			to := p.at(resultsKind, b)
			rows[to] = append(rows[to], append(resultCells(&b.Results[i]), owner...))
		}
		for i := range b.Events {
			to := p.at(eventsKind, b)
			rows[to] = append(rows[to], append(eventCells(&b.Events[i]), plant.ID))
		}
	}
	for to, all := range rows {
		var text bytes.Buffer
		if err := csv.NewWriter(&text).WriteAll(all); err != nil {
			return err
		}
		p.text[to] = text.Bytes()
	}
	return nil
}

func readingCells(r *agent.Reading) []string {
	value := r.Value.Text()
	if eng, ok := r.Tag.EngAt(r.Value, r.Time); ok {
		value = number(eng)
	}
	return []string{stamp(r.Time), r.Tag.Name, value, r.Quality.String(), reason(r.Reason), r.Tag.Unit}
}

func resultCells(r *agent.Result) []string {
	value, u := "", ""
	if !r.Withheld() {
		value = number(r.Value)
		if r.U != 0 {
			u = number(r.U)
		}
	}
	return []string{
		r.KPI, string(r.Window.Kind), stamp(r.Window.Start), stamp(r.Window.End), value, u, r.Unit, number(r.Coverage),
		r.Quality.String(), reason(r.Reason), r.Verdict.String(), strconv.FormatBool(r.Partial), strconv.Itoa(r.Revision), r.Window.Zone,
	}
}

// eventCells gives an event; of a gap also the number of readings missing.
func eventCells(e *agent.Event) []string {
	missing := ""
	if e.Gap != nil {
		missing = strconv.Itoa(e.Gap.Total())
	}
	return []string{string(e.Kind), e.Key, stamp(e.Start), stamp(e.End), reason(e.Reason), missing}
}

// number gives the shortest digits that read back to the same bits.
func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// stamp gives a time, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func reason(r agent.Reason) string {
	if r.Detail == "" {
		return r.Code.String()
	}
	return r.Code.String() + ": " + r.Detail
}
