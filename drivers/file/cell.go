package file

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"recoup/agent"
)

// value reads a number, or true or false.
func value(cell string) (agent.Value, error) {
	switch strings.ToLower(cell) {
	case "true":
		return agent.BoolValue(true), nil
	case "false":
		return agent.BoolValue(false), nil
	}
	f, err := strconv.ParseFloat(cell, 64)
	switch {
	case err == nil && !strings.ContainsAny(cell, "xX_pP"):
		return agent.Float64Value(f), nil
	case errors.Is(err, strconv.ErrRange):
		return agent.Value{}, fmt.Errorf("the number %.40q is too large", cell)
	case strings.ContainsAny(cell, ",，"):
		return agent.Value{}, fmt.Errorf("%.40q is not a number; write a decimal point, and no commas", cell)
	}
	return agent.Value{}, fmt.Errorf("%.40q is not a number; write the number alone, for example 98.2, or leave the cell empty", cell)
}

// ParseTime reads RFC 3339, or the local time of a zone as spreadsheets write it.
// A local time that comes twice or not at all is an error.
func ParseTime(cell string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, cell); err == nil {
		return t.UTC(), nil
	}
	local := strings.ReplaceAll(cell, "/", "-")
	for _, layout := range []string{"2006-1-2 15:04:05", "2006-1-2 15:04", "2006-1-2T15:04:05", "2006-1-2T15:04"} {
		if t, err := time.Parse(layout, local); err == nil {
			return inZone(t, cell, zone)
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a time; write it as 2026-11-23 08:00, 2026-11-23 08:00:00 or 2026-11-23T08:00:00+08:00", cell)
}

// inZone gives the instant at which the zone's clocks show t. Where they are set
// forward there is none; where they are set back there are two.
func inZone(t time.Time, cell string, zone *time.Location) (time.Time, error) {
	var found []time.Time
	for _, probe := range []time.Duration{-36 * time.Hour, 36 * time.Hour} {
		_, offset := t.Add(probe).In(zone).Zone()
		at := t.Add(-time.Duration(offset) * time.Second)
		_, then := at.In(zone).Zone()
		if then == offset && (len(found) == 0 || !found[0].Equal(at)) {
			found = append(found, at)
		}
	}
	const fix = "write the time with its offset, for example 2026-11-23T08:00:00+08:00"
	switch len(found) {
	case 0:
		return time.Time{}, fmt.Errorf("%s does not exist in %s, where clocks are set forward; %s", cell, zone, fix)
	case 1:
		return found[0], nil
	}
	return time.Time{}, fmt.Errorf("%s comes twice in %s, where clocks are set back; %s", cell, zone, fix)
}

const (
	firstYear = 2000
	ahead     = 10 * time.Minute // that the writer's clock may be
)

// plausible refuses times that are slips of the pen. One in the future would
// make everything after it look late.
func plausible(t, now time.Time) error {
	switch {
	case t.After(now.Add(ahead)):
		return fmt.Errorf("%s lies in the future; correct the time, or this computer's clock", t.Format(time.RFC3339))
	case t.Year() < firstYear:
		return fmt.Errorf("%s is before the year %d; correct the time", t.Format(time.RFC3339), firstYear)
	}
	return nil
}
