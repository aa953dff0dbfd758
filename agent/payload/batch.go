package payload

import (
	"encoding/json"
	"fmt"
	"strconv"

	"recoup/agent"
)

func appendBatch(dst []byte, b *agent.Batch) ([]byte, error) {
	dst, err := appendBatchHead(dst, b)
	if err != nil {
		return dst, err
	}
	if dst, err = appendReadings(dst, b.Readings); err != nil {
		return dst, err
	}
	if dst, err = appendList(dst, `,"results":`, b.Results, resultOut); err != nil {
		return dst, err
	}
	if dst, err = appendList(dst, `,"events":`, b.Events, eventOut); err != nil {
		return dst, err
	}
	return append(dst, '}'), nil
}

func appendBatchHead(dst []byte, b *agent.Batch) ([]byte, error) {
	dst = append(dst, `{"seq":`...)
	dst = strconv.AppendUint(dst, b.Seq, 10)
	if b.Prev != (agent.Mark{}) {
		dst = append(dst, `,"prev":`...)
		dst = appendMark(dst, b.Prev)
	}
	dst = append(dst, `,"source":`...)
	dst = appendString(dst, b.Source)
	dst = append(dst, `,"received":`...)
	dst, err := appendTime(dst, b.Received)
	if err != nil {
		return dst, err
	}
	dst = append(dst, `,"boot":`...)
	dst = appendID(dst, b.Boot)
	dst = append(dst, `,"mono_ns":`...)
	dst = strconv.AppendUint(dst, b.Mono, 10)
	dst = append(dst, `,"took_ns":`...)
	dst = strconv.AppendInt(dst, int64(b.Took), 10)
	if b.Err != (agent.Reason{}) {
		dst = append(dst, `,"error":`...)
		dst = appendReason(dst, b.Err)
	}
	if !b.HeldUntil.IsZero() {
		dst = append(dst, `,"held_until":`...)
		if dst, err = appendTime(dst, b.HeldUntil); err != nil {
			return dst, err
		}
	}
	if b.More {
		dst = append(dst, `,"more":true`...)
	}
	if b.Backfill {
		dst = append(dst, `,"backfill":true`...)
	}
	return dst, nil
}

// appendReadings is the path that every reading takes: no reflection and no
// allocation in it.
func appendReadings(dst []byte, readings []agent.Reading) ([]byte, error) {
	if len(readings) == 0 {
		return dst, nil
	}
	dst = append(dst, `,"readings":[`...)
	for i := range readings {
		r := &readings[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"tag":`...)
		dst = appendString(dst, r.Tag.Name)
		dst = append(dst, `,"time":`...)
		var err error
		if dst, err = appendTime(dst, r.Time); err != nil {
			return dst, fmt.Errorf("reading %d of tag %q: %w", i, r.Tag.Name, err)
		}
		dst = append(dst, `,"value":`...)
		dst = appendEng(dst, r)
		if r.Value.Kind() != agent.NoValue {
			dst = append(dst, `,"raw":"`...)
			dst = appendRaw(dst, r.Value)
			dst = append(dst, '"')
		}
		dst = append(dst, `,"quality":"`...)
		dst = append(dst, r.Quality.String()...)
		dst = append(dst, '"')
		if r.Reason != (agent.Reason{}) {
			dst = append(dst, `,"reason":`...)
			dst = appendReason(dst, r.Reason)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']'), nil
}

func appendEng(dst []byte, r *agent.Reading) []byte {
	if eng, ok := r.Tag.EngAt(r.Value, r.Time); ok && finite(eng) {
		return appendFloat(dst, eng)
	}
	return append(dst, "null"...)
}

// appendList writes what there are few of, by way of encoding/json.
func appendList[T, W any](dst []byte, key string, all []T, out func(*T) (W, error)) ([]byte, error) {
	if len(all) == 0 {
		return dst, nil
	}
	dst = append(append(dst, key...), '[')
	for i := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		form, err := out(&all[i])
		if err != nil {
			return dst, err
		}
		if dst, err = appendJSON(dst, form); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendJSON[W any](dst []byte, form W) ([]byte, error) {
	text, err := json.Marshal(form)
	return append(dst, text...), err
}
