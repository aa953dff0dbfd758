package payload

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	for name, build := range map[string]func() (agent.Delivery, tags){"delivery": sample, "part": part} {
		t.Run(name, func(t *testing.T) {
			d, _ := build()
			var got bytes.Buffer
			if err := json.Indent(&got, encode(t, d), "", "  "); err != nil {
				t.Fatalf("the payload is not JSON: %v", err)
			}
			path := "testdata/" + name + ".json"
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != strings.ReplaceAll(string(want), "\r\n", "\n") {
				t.Errorf("payload is\n%s\nwant, by %s,\n%s", got.String(), path, want)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	d, known := sample()
	gotHeader, got, err := decode(encode(t, d), known)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotHeader, header()) {
		t.Errorf("header is %+v, want %+v", gotHeader, header())
	}
	sameDelivery(t, got, d)
}

func TestPartRoundTrip(t *testing.T) {
	d, known := part()
	_, got, err := decode(encode(t, d), known)
	if err != nil {
		t.Fatal(err)
	}
	sameDelivery(t, got, d)
}

// sameDelivery compares by bits: −0, NaN and the rest of the floats.
func sameDelivery(t *testing.T, got, want agent.Delivery) {
	t.Helper()
	if len(got.Batches) != len(want.Batches) {
		t.Fatalf("%d batches, want %d", len(got.Batches), len(want.Batches))
	}
	for i := range got.Batches {
		if g, w := got.Batches[i], want.Batches[i]; !reflect.DeepEqual(g, w) {
			t.Errorf("batch %s is\n%+v, want\n%+v", w.Mark, *g, *w)
		}
		for j, r := range got.Batches[i].Results {
			for k, term := range r.Terms {
				if w := want.Batches[i].Results[j].Terms[k].Total; math.Float64bits(term.Total) != math.Float64bits(w) {
					t.Errorf("total of %s is %v, want %v", term.Role, term.Total, w)
				}
			}
		}
	}
	got.Batches, want.Batches = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("delivery is %+v, want %+v", got, want)
	}
}

func TestTimesOfOtherZonesComeBackAsTheSameInstant(t *testing.T) {
	d, known := sample()
	zone := time.FixedZone("CST", 8*3600)
	b := *d.Batches[1]
	b.Received = b.Received.In(zone)
	d.Batches[1] = &b
	_, got, err := decode(encode(t, d), known)
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Batches[1].Received; !r.Equal(b.Received) || r.Location() != time.UTC {
		t.Errorf("received is %v, want %v in UTC", r, b.Received)
	}
}

func TestWithheldResultCarriesNoFigure(t *testing.T) {
	d, known := sample()
	b := *d.Batches[3]
	b.Results = []agent.Result{{KPI: "k", Window: agent.Window{Kind: agent.Cell}, Value: math.NaN(), U: math.Inf(1), Reason: agent.Reason{Code: agent.NoInput}}}
	d.Batches[3] = &b
	text := encode(t, d)
	if !bytes.Contains(text, []byte(`"value":null,"u":null,"coverage":0,"quality":"bad"`)) {
		t.Errorf("payload shows a figure: %s", text)
	}
	_, got, err := decode(text, known)
	if err != nil {
		t.Fatal(err)
	}
	if r := got.Batches[3].Results[0]; !r.Withheld() || r.Value != 0 || r.U != 0 {
		t.Errorf("result is %+v, want a withheld one with value and u of 0", r)
	}
}

func TestStateIsNeverSent(t *testing.T) {
	d, _ := sample()
	b := *d.Batches[0]
	b.State = []byte("secret-state")
	d.Batches[0] = &b
	want, _ := sample()
	if got := encode(t, d); !bytes.Equal(got, encode(t, want)) {
		t.Errorf("a checkpoint changes the payload: %s", got)
	}
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	d, _ := sample()
	got, err := Append([]byte("before "), header(), d)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before " + string(encode(t, d)); string(got) != want {
		t.Errorf("Append gave %.60q…, want %.60q…", got, want)
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(*agent.Delivery)
	}{
		{"a tick", "must begin at 1", func(d *agent.Delivery) { *d = agent.Delivery{Epoch: 1} }},
		{"no epoch", "without an epoch", func(d *agent.Delivery) { d.Epoch = 0 }},
		{"another epoch's batch", "in a delivery of epoch", func(d *agent.Delivery) { d.Batches[1].Epoch++ }},
		{"batches out of order", "out of order", func(d *agent.Delivery) { d.Batches[2].Seq = 42 }},
		{"a batch outside", "out of order", func(d *agent.Delivery) { d.To = 44 }},
		{"no source", "no source", func(d *agent.Delivery) { d.Batches[1].Source = "" }},
		{"rows of many batches", "part of one batch", func(d *agent.Delivery) { d.Rows.To = 1 }},
		{"rows backwards", "part of one batch", func(d *agent.Delivery) {
			d.From, d.To, d.Batches, d.Rows = 42, 42, d.Batches[1:2], agent.Rows{From: 3, To: 3}
		}},
		{"rows of a batch that is still whole", "holds 16 rows where 3 are meant", func(d *agent.Delivery) {
			d.From, d.To, d.Batches, d.Rows = 42, 42, d.Batches[1:2], agent.Rows{From: 2, To: 5}
		}},
		{"rows of a batch that was cut twice", "holds 1 rows where 3 are meant", func(d *agent.Delivery) {
			d.From, d.To, d.Rows = 42, 42, agent.Rows{From: 2, To: 5}
			d.Batches = []*agent.Batch{d.Rows.Of(d.Rows.Of(d.Batches[1]))}
		}},
		{"NaN total", "inlet total is NaN", func(d *agent.Delivery) { d.Batches[3].Results[0].Terms[0].Total = math.NaN() }},
		{"infinite value", "value is +Inf", func(d *agent.Delivery) { d.Batches[3].Results[1].Value = math.Inf(1) }},
		{"NaN coverage of a withheld result", "coverage is NaN", func(d *agent.Delivery) { d.Batches[3].Results[2].Coverage = math.NaN() }},
		{"NaN lost seconds", "lost seconds is NaN", func(d *agent.Delivery) { d.Batches[3].Results[0].Terms[0].Lost[0].Seconds = math.NaN() }},
		{"year 10000", "year 10000", func(d *agent.Delivery) { d.Batches[1].Readings[0].Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"a result of the year 10000", "year", func(d *agent.Delivery) {
			d.Batches[3].Results[0].Window.End = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
		}},
		{"a name that is not UTF-8", "not UTF-8", func(d *agent.Delivery) { d.Batches[1].Readings[0].Tag.Name = "\xff" }},
		{"two generations of a tag", "generations 4000000000 and 5", func(d *agent.Delivery) {
			other := *d.Batches[1].Readings[0].Tag
			other.Gen = 5
			d.Batches[1].Readings[1].Tag = &other
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := sample()
			c.change(&d)
			_, err := Append(nil, header(), d)
			wantError(t, err, c.want)
		})
	}
}

func TestReadingsDoNotAllocate(t *testing.T) {
	d, _ := sample()
	readings := d.Batches[1].Readings
	dst, err := appendReadings(nil, readings)
	if err != nil {
		t.Fatal(err)
	}
	got := testing.AllocsPerRun(20, func() {
		if dst, err = appendReadings(dst[:0], readings); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations for %d readings, want 0", got, len(readings))
	}
}

// TestPartOfAStandIn: a stand-in covers many numbers and may still be too large.
func TestPartOfAStandIn(t *testing.T) {
	mark := func(seq uint64) agent.Mark { return agent.Mark{Epoch: 9, Seq: seq} }
	at := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	stand := agent.StandIn([]*agent.Batch{
		{Mark: mark(5), Source: agent.Own, Received: at, Events: []agent.Event{{Kind: agent.AgentRun, Start: at}}},
		{Mark: mark(6), Source: "mill", Received: at},
	}, agent.Reason{Code: agent.Dropped})
	for i := range stand.Rows() {
		rows := agent.Rows{From: i, To: i + 1}
		d := agent.Delivery{Epoch: 9, From: 5, To: 6, Rows: rows, Batches: []*agent.Batch{rows.Of(stand)}}
		text, err := Append(nil, Header{Agent: Sender{Name: "recoup", Version: "1"}, Plant: agent.Plant{ID: "p"}}, d)
		if err != nil {
			t.Fatal(err)
		}
		_, got, err := Decode(bytes.NewReader(text), func(string, uint32) *agent.Tag { return nil })
		if err != nil || got.From != 5 || got.To != 6 || got.Rows != rows || got.Batches[0].Rows() != 1 {
			t.Errorf("row %d came back as %+v, %v", i, got, err)
		}
	}
}
