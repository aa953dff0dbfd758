package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// line gives a body as one line of JSON, with only what was new in it: the
// file that such lines make holds every row once.
func line(body []byte, d *delivery, repeated bool) ([]byte, error) {
	if repeated {
		stripped, err := strip(body, d)
		if err != nil {
			return nil, err
		}
		body = stripped
	}
	var one bytes.Buffer
	if err := json.Compact(&one, body); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	one.WriteByte('\n')
	return one.Bytes(), nil
}

// strip leaves the batches that d still has, without the rows that d marks as
// repeats. All other fields stay as they were sent.
func strip(body []byte, d *delivery) ([]byte, error) {
	var fields struct {
		Batches []map[string]json.RawMessage `json:"batches"`
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	kept := []map[string]json.RawMessage{}
	next := 0
	for _, raw := range fields.Batches {
		if next == len(d.Batches) || string(raw["seq"]) != fmt.Sprint(d.Batches[next].Seq) {
			continue
		}
		if err := stripRows(raw, d.Batches[next].repeats); err != nil {
			return nil, err
		}
		kept = append(kept, raw)
		next++
	}
	var err error
	if whole["batches"], err = json.Marshal(kept); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return json.Marshal(whole)
}

func stripRows(raw map[string]json.RawMessage, repeats stretches) error {
	row := uint64(0)
	for _, name := range []string{"readings", "results", "events"} {
		var all, kept []json.RawMessage
		if raw[name] == nil {
			continue
		}
		if err := json.Unmarshal(raw[name], &all); err != nil {
			return fmt.Errorf("body: %w", err)
		}
		for _, one := range all {
			if !repeats.has(row) {
				kept = append(kept, one)
			}
			row++
		}
		var err error
		if raw[name], err = json.Marshal(kept); err != nil {
			return fmt.Errorf("body: %w", err)
		}
	}
	return nil
}
