package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
)

// scribe hands over samples and the numbers of coils, some of them late.
type scribe struct {
	begin  time.Time
	coils  []coil
	sample time.Duration // by how much samples come late
	given  int
	taken  int
}

// coil is a number with the hours of which it is and at which it comes.
type coil struct {
	of, at float64
	number string
}

func hours(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }

func (s *scribe) Read(_ context.Context, due []*agent.Tag, b *agent.Batch) (bool, error) {
	now := time.Now()
	if at := s.begin.Add(hours(3 * float64(s.taken))); !now.Before(at.Add(s.sample)) || s.taken == 0 {
		b.Readings = append(b.Readings, agent.Reading{Tag: due[0], Time: at, Value: agent.Float64Value(300 + 10*float64(s.taken)), Quality: agent.Good})
		s.taken++
	}
	for s.given < len(s.coils) && !now.Before(s.begin.Add(hours(s.coils[s.given].at))) {
		c := s.coils[s.given]
		b.Readings = append(b.Readings, agent.Reading{Tag: due[1], Time: s.begin.Add(hours(c.of)), Value: agent.TextValue(c.number), Quality: agent.Good})
		s.given++
	}
	return false, nil
}

func (s *scribe) Close() error { return nil }

// lotRun runs the late mill with lots for some hours, and gives the newest
// revision of each lot's results.
func lotRun(t *testing.T, lasts float64, lab scribe) map[string]agent.Result {
	t.Helper()
	text := strings.Replace(lateConfig, "accuracy: 5% limit}\nkpis:", "accuracy: 5% limit}\n      - {name: mill.coil, hold: true, max_gap: 24h}\nkpis:", 1)
	text = strings.Replace(text, "mill.c_in: c_in}", "mill.c_in: c_in, mill.coil: coil}", 1)
	text = strings.Replace(text, "      target:", "      lots: {tag: mill.coil}\n      target:", 1)
	p := newIsland(t, text)
	hq := newFarSide(takesAll)
	p.far["hq"] = hq
	p.flush = time.Minute
	synctest.Test(t, func(t *testing.T) {
		lab.begin = time.Now().UTC().Truncate(time.Hour)
		p.drivers = []agent.Driver{&logger{}, &lab}
		p.start(t)
		time.Sleep(hours(lasts))
		p.end(t)
	})
	newest := map[string]agent.Result{}
	for _, b := range hq.batches {
		for _, r := range b.Results {
			if r.Window.Kind == agent.Lot {
				newest[fmt.Sprint(r.KPI, " from ", r.Window.Start.UTC())] = r
			}
		}
	}
	return newest
}

// TestLateSamplesCountInTheirLots: of lots that are over, and of one that runs
// while the sample comes.
func TestLateSamplesCountInTheirLots(t *testing.T) {
	t.Parallel()
	coils := []coil{{0, 0, "1"}, {1.1, 1.1, "2"}, {4.3, 4.3, "3"}, {8.2, 8.2, "4"}, {13, 13, "5"}}
	want := lotRun(t, 15, scribe{coils: coils})
	got := lotRun(t, 15, scribe{coils: coils, sample: hours(2.5)})
	if revisions := sameFigures(t, got, want); len(want) != 8 || revisions < 3 {
		t.Errorf("got %d figures of four lots, %d of them revised; want 8, of which the removals of three or more", len(want), revisions)
	}
}

// TestLateLotNumberTakesLotsBack: a number that comes late moves the begin of its
// lot. The result of the lot that was told with another begin is withdrawn, and
// none of its kilograms stands twice.
func TestLateLotNumberTakesLotsBack(t *testing.T) {
	t.Parallel()
	newest := lotRun(t, 15, scribe{coils: []coil{{0, 0, "1"}, {4, 4, "2"}, {8, 8, "3"}, {2, 9, "2"}, {12, 12, "4"}}})
	var lots []string
	kilograms := map[string]float64{}
	for _, r := range newest {
		if r.KPI != "mill.oil.recovered" {
			continue
		}
		lots = append(lots, r.Window.ID)
		if !r.Withheld() {
			kilograms[r.Window.ID] += r.Value
		} else if r.Revision == 0 || r.Was == nil || r.Was.Withheld() || r.Reason.Code != agent.LateData {
			t.Errorf("lot %s: withheld for %v, want it withdrawn by a revision", r.Window.ID, r.Reason)
		}
	}
	if len(lots) != 4 || len(kilograms) != 3 {
		t.Fatalf("got lots %q, with figures %v; want 1, 2 and 3 with one, and 2 once more, withdrawn", lots, kilograms)
	}
	if one, two, three := kilograms["1"], kilograms["2"], kilograms["3"]; one <= 0 || two < 2.5*one || two > 3.5*one || three < 1.5*one || three > 2.5*one {
		t.Errorf("got %v kg, want 2 h, 6 h and 4 h of them", kilograms)
	}
}
