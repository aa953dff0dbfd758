package agenttest

import (
	"fmt"
	"math"
	"reflect"
	"time"

	"recoup/agent"
)

// DiffBatches says where two batches differ, bit for bit, "" when they do not.
// State is left out, because it is never given out; tags are compared by name
// and generation.
func DiffBatches(got, want *agent.Batch) string {
	g, w := *got, *want
	g.State, w.State = nil, nil
	if len(g.Readings) != len(w.Readings) {
		return fmt.Sprintf("%d readings, want %d", len(g.Readings), len(w.Readings))
	}
	for i := range g.Readings {
		x, y := g.Readings[i], w.Readings[i]
		if x.Tag == nil || x.Tag.Name != y.Tag.Name || x.Tag.Gen != y.Tag.Gen {
			return fmt.Sprintf("reading %d is of tag %v, want %v", i, x.Tag, y.Tag)
		}
		if x.Value != y.Value || !x.Time.Equal(y.Time) || x.Quality != y.Quality || x.Reason != y.Reason {
			return fmt.Sprintf("reading %d is %+v, want %+v", i, x, y)
		}
	}
	g.Readings, w.Readings = nil, nil
	return differ("batch", reflect.ValueOf(g), reflect.ValueOf(w))
}

// differ compares as reflect.DeepEqual does, but NaNs by their bits, times as
// instants, and nothing the same as empty.
func differ(path string, g, w reflect.Value) string {
	if t, ok := g.Interface().(time.Time); ok {
		if want := w.Interface().(time.Time); !t.Equal(want) {
			return fmt.Sprintf("%s is %v, want %v", path, t, want)
		}
		return ""
	}
	switch g.Kind() {
	case reflect.Struct:
		for i := range g.NumField() {
			if diff := differ(path+"."+g.Type().Field(i).Name, g.Field(i), w.Field(i)); diff != "" {
				return diff
			}
		}
		return ""
	case reflect.Slice:
		if g.Len() != w.Len() {
			return fmt.Sprintf("%s has %d elements, want %d", path, g.Len(), w.Len())
		}
		for i := range g.Len() {
			if diff := differ(fmt.Sprintf("%s[%d]", path, i), g.Index(i), w.Index(i)); diff != "" {
				return diff
			}
		}
		return ""
	case reflect.Pointer:
		if g.IsNil() || w.IsNil() {
			if g.IsNil() != w.IsNil() {
				return fmt.Sprintf("%s is %v, want %v", path, g, w)
			}
			return ""
		}
		return differ(path, g.Elem(), w.Elem())
	case reflect.Float64:
		if math.Float64bits(g.Float()) != math.Float64bits(w.Float()) {
			return fmt.Sprintf("%s is %v, want %v", path, g.Float(), w.Float())
		}
		return ""
	case reflect.Map:
		if g.Len() == 0 && w.Len() == 0 {
			return ""
		}
	}
	if !reflect.DeepEqual(g.Interface(), w.Interface()) {
		return fmt.Sprintf("%s is %v, want %v", path, g, w)
	}
	return ""
}
