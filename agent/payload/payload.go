// Package payload is the documented JSON form of a Delivery: what an upstream
// that speaks JSON sends, and what a receiver of any make can read. It stands
// between forward's Delivery and the wire of packages such as upstream/http and
// imports package agent only.
//
// The form is lossless for the KPI engine: readings carry their wire value
// bit by bit beside the engineering value, and numbers are written so that they
// read back to the same bits. A batch decoded here gives an engine with the same
// tags the same input. Left out are the engine's checkpoints (State), the
// figure of a withheld result, and what JSON text cannot hold: bytes of a detail
// that are not UTF-8 become U+FFFD. An accuracy that was not stated is null, and
// comes back as USys = -1 whatever negative number it was.
//
// schema.json is the contract (JSON Schema, draft 2020-12). It lists every field
// there is: one more field, or one with another meaning, makes a new Version,
// and a receiver refuses a version it does not know. JSON has no NaN and no
// infinity; where one would have to be written, Append gives an error.
package payload

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"recoup/agent"
)

const (
	// Version is the number in every payload's "version".
	Version = 1
	// MediaType is the Content-Type of a payload.
	MediaType = "application/vnd.recoup.batches+json; version=1"
)

// Header says who sends and whose figures these are.
type Header struct {
	Agent Sender
	Plant agent.Plant
}

// Sender is the program that wrote a payload.
type Sender struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Append writes d to the end of dst. The batch of a delivery with Rows holds just
// those rows, as Send is given it. An error means that d cannot be written as it
// is, however often it is tried; what was appended is then to be discarded.
func Append(dst []byte, h Header, d agent.Delivery) ([]byte, error) {
	if err := check(d); err != nil {
		return dst, err
	}
	dst, err := appendHead(dst, h, d)
	if err != nil {
		return dst, err
	}
	tags, err := tagsOf(d)
	if err != nil {
		return dst, err
	}
	dst = appendTags(dst, tags)
	dst = append(dst, `,"batches":[`...)
	for i, b := range d.Batches {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendBatch(dst, b); err != nil {
			return dst, fmt.Errorf("batch %s: %w", b.Mark, err)
		}
	}
	return append(dst, "]}\n"...), nil
}

func appendHead(dst []byte, h Header, d agent.Delivery) ([]byte, error) {
	dst = append(dst, `{"version":1,"agent":`...)
	dst, err := appendJSON(dst, h.Agent)
	if err != nil {
		return dst, err
	}
	if h.Plant.Shifts == nil {
		h.Plant.Shifts = []string{} // an array, never null
	}
	dst = append(dst, `,"plant":`...)
	if dst, err = appendJSON(dst, h.Plant); err != nil {
		return dst, err
	}
	dst = append(dst, `,"epoch":`...)
	dst = appendID(dst, d.Epoch)
	dst = append(dst, `,"prev":`...)
	dst = appendMark(dst, d.Prev)
	dst = append(dst, `,"from":`...)
	dst = strconv.AppendUint(dst, d.From, 10)
	dst = append(dst, `,"to":`...)
	dst = strconv.AppendUint(dst, d.To, 10)
	dst = append(dst, `,"historical":`...)
	dst = strconv.AppendBool(dst, d.Historical)
	if !d.Rows.All() {
		dst = append(dst, `,"rows":{"from":`...)
		dst = strconv.AppendInt(dst, int64(d.Rows.From), 10)
		dst = append(dst, `,"to":`...)
		dst = strconv.AppendInt(dst, int64(d.Rows.To), 10)
		dst = append(dst, '}')
	}
	return dst, nil
}

// tagsOf lists the tags that the readings of d name. One epoch has one
// configuration, so a name stands for one tag.
func tagsOf(d agent.Delivery) (map[string]*agent.Tag, error) {
	tags := map[string]*agent.Tag{}
	seen := map[*agent.Tag]struct{}{} // far fewer than readings, and cheaper to ask than names
	for _, b := range d.Batches {
		for _, r := range b.Readings {
			if _, ok := seen[r.Tag]; ok {
				continue
			}
			seen[r.Tag] = struct{}{}
			switch old, ok := tags[r.Tag.Name]; {
			case !utf8.ValidString(r.Tag.Name):
				return nil, fmt.Errorf("tag name %q is not UTF-8: write another in the configuration", r.Tag.Name)
			case ok && (old.Gen != r.Tag.Gen || old.Unit != r.Tag.Unit || old.Source != r.Tag.Source):
				return nil, fmt.Errorf("tag %q has generations %d and %d in one delivery: send their batches apart", r.Tag.Name, old.Gen, r.Tag.Gen)
			}
			tags[r.Tag.Name] = r.Tag
		}
	}
	return tags, nil
}

func appendTags(dst []byte, tags map[string]*agent.Tag) []byte {
	dst = append(dst, `,"tags":{`...)
	for i, name := range slices.Sorted(maps.Keys(tags)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
		dst = append(dst, `:{"unit":`...)
		dst = appendString(dst, tags[name].Unit)
		dst = append(dst, `,"source":`...)
		dst = appendString(dst, tags[name].Source)
		dst = append(dst, `,"gen":`...)
		dst = strconv.AppendUint(dst, uint64(tags[name].Gen), 10)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}
