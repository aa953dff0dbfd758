package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// shelf is a folder of recordings beside the example's configuration.
type shelf struct {
	t      *testing.T
	dir    string
	config string
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: t.TempDir()}
	s.config = filepath.Join(t.TempDir(), "mill.yaml")
	if err := os.WriteFile(s.config, []byte(millConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shelf) path(name string) string { return filepath.Join(s.dir, name) }

// put writes a file, packed when its name says so.
func (s *shelf) put(name, text string) string {
	s.t.Helper()
	f, err := os.Create(s.path(name))
	if err != nil {
		s.t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		w := gzip.NewWriter(f)
		_, err = w.Write([]byte(text))
		err = errors.Join(err, w.Close())
	} else {
		_, err = f.WriteString(text)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		s.t.Fatal(err)
	}
	return s.path(name)
}

// read gives a recording of files of the folder. With less room to sort than
// there are rows it uses the disk.
func (s *shelf) read(room int, names ...string) *recording {
	s.t.Helper()
	_, cfg, err := load(s.config, agenttest.Quiet())
	if err != nil {
		s.t.Fatal(err)
	}
	for i, name := range names {
		names[i] = s.path(name)
	}
	rec, err := readWith(s.t.Context(), room, names, cfg.Tags, cfg.Plant)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { rec.close() })
	return rec
}

// told is every reading as it would be received, "time tag value", and outages.
func (s *shelf) told(rec *recording) (all []string) {
	s.t.Helper()
	err := rec.replay(s.t.Context(), math.MinInt64, math.MaxInt64, func(b *agent.Batch) error {
		for _, r := range b.Readings {
			all = append(all, fmt.Sprintf("%s %s %s %s", r.Time.Format(time.RFC3339Nano), r.Tag.Name, r.Value, r.Quality))
		}
		if b.Err.Code != agent.NoReason {
			all = append(all, fmt.Sprintf("%s %s %s", b.Received.Format(time.RFC3339Nano), b.Source, b.Err.Code))
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func TestFormsOfRecordings(t *testing.T) {
	want := []string{
		"2026-10-01T00:00:00Z mill.q_in 50000 good", "2026-10-01T00:00:00Z mill.fan_on 1 good",
		"2026-10-01T00:00:10Z mill.q_in 50001.5 good", "2026-10-01T00:00:20Z mill.q_in  bad",
	}
	for _, c := range []struct{ name, file, text string }{
		{"long", "a.csv", "time,tag,value\n2026-10-01T00:00:00Z,mill.q_in,50000\n2026-10-01T00:00:00Z,mill.fan_on,true\n2026-10-01T00:00:10Z,mill.q_in,50001.5\n2026-10-01T00:00:20Z,mill.q_in,No Data\n"},
		{"long, plant time, semicolons, Windows line ends", "a.csv", "\ufeffTime;tag;value\r\n2026-10-01 08:00:00;mill.q_in;50000\r\n2026/10/1 8:00;mill.fan_on;1\r\n2026-10-01 08:00:10; 50001.5 ;5\r\n"},
		{"long, packed, quoted", "a.csv.gz", "value,time,tag\n\"50000\",\"2026-10-01T08:00:00+08:00\",mill.q_in\n1,2026-10-01T00:00:00.0Z,mill.fan_on\n5.00015e4,2026-10-01T00:00:10Z,mill.q_in\n\"a \"\"text\"\"\nof two lines\",2026-10-01T00:00:20Z,mill.q_in\n"},
		{"wide", "a.csv", "time,mill.q_in,other,mill.fan_on,plant\n2026-10-01T00:00:00Z,50000,7,TRUE,demo-mill\n\n2026-10-01T00:00:10Z,50001.5,,,\n2026-10-01T00:00:20Z,I/O Timeout,,,demo-mill"},
		{"wide, tabs, time last", "a.csv", "mill.q_in\tmill.fan_on\ttimestamp\n50000\t1\t2026-10-01 08:00\n+50001.5\t\t2026-10-01 08:00:10\n#N/A\t\t2026-10-01 08:00:20\n"},
	} {
		s := newShelf(t)
		if strings.Contains(c.name, "semicolons") {
			c.text = strings.Replace(c.text, " 50001.5 ;5", "mill.q_in; 50001.5 ", 1) + "2026-10-01 08:00:20;mill.q_in;\r\n"
		}
		s.put(c.file, c.text)
		if got := s.told(s.read(100, c.file)); !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestRefusedRecordings(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"empty", "", "a.csv:1: the file is empty"},
		{"no time", "when,tag,value\n", `a.csv:1: there is no column "time"`},
		{"no tag", "time,a,b\n", "a.csv:1: there are no columns"},
		{"twice", "time,mill.q_in,mill.q_in\n", `a.csv:1: there are two columns "mill.q_in"`},
		{"decimal comma", "time,mill.q_in\n2026-10-01 08:00,1,5\n", "a.csv:2: the row has more cells than the header; write decimal points"},
		{"cut short", "time,mill.q_in,mill.c_in\n2026-10-01 08:00,1\n", "a.csv:2: the row ends after 2 of 3 columns"},
		{"long, cut short", "time,tag,value\n2026-10-01 08:00,mill.q_in\n", "a.csv:2: the row has 2 cells and the header 3"},
		{"UTF-16", "\xff\xfet\x00", "is UTF-16; save it as"},
		{"GBK", "\xca\xb1\xbc\xe4,tag,value\n", "probably GBK or GB18030; save it as"},
		{"no end of a quote", "time,tag,value\n2026-10-01 08:00,mill.q_in,\"1\n", "a.csv:2: a quotation mark has no end"},
		{"far off", "time,tag,value\n1066-10-14 08:00,mill.q_in,1\n", "a.csv:2: 1066-10-13T"},
		{"unknown reason", "time,tag,value,reason\n2026-10-01 08:00,mill.q_in,1,lazy\n", `a.csv:2: reason "lazy"`},
		{"outage of nothing", "time,tag,value,source,reason\n2026-10-01 08:00,,,nobody,timeout\n", "a.csv:2: a row without a tag must name a source"},
	} {
		s := newShelf(t)
		code, out, errOut := call(t, "replay", s.put("a.csv", c.text), "-c", s.config)
		if code == exitDone || out != "" || !strings.Contains(errOut, c.says) {
			t.Errorf("%s: exit %d, printed %q, said %s; want %s", c.name, code, out, errOut, c.says)
		}
	}
	s := newShelf(t)
	berlin := strings.Replace(millConfig, "Asia/Shanghai", "Europe/Berlin", 1)
	if err := os.WriteFile(s.config, []byte(berlin), 0o644); err != nil {
		t.Fatal(err)
	}
	for day, says := range map[string]string{"2026-03-29": "does not exist in Europe/Berlin", "2026-10-25": "comes twice in Europe/Berlin"} {
		code, _, errOut := call(t, "replay", s.put("a.csv", "time,mill.q_in\n"+day+" 01:59:59,1\n"+day+" 02:30:00,1\n"), "-c", s.config)
		if code != exitFailed || !strings.Contains(errOut, "a.csv:3: ") || !strings.Contains(errOut, says) || !strings.Contains(errOut, "write the time with its offset") {
			t.Errorf("exit %d, said %s; want line 3, %s and what to do", code, errOut, says)
		}
	}
	if code, _, errOut := call(t, "replay", t.TempDir(), "-c", s.config); code != exitUsage || !strings.Contains(errOut, "there is no file *.csv") {
		t.Errorf("an empty folder: exit %d, said %s", code, errOut)
	}
}

// TestRecordingsInAnyOrder: the same readings, cut into files and shuffled, give
// the same batches, whether sorted in memory, on the disk, or merged as they are.
func TestRecordingsInAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	var rows []string
	for s := range 3000 {
		at := time.Date(2026, 10, 1, 0, 0, s, rnd.IntN(2)*5e8, time.UTC).Format(time.RFC3339Nano)
		for _, tag := range []string{"mill.q_in", "mill.c_in", "mill.q_out"} {
			rows = append(rows, at+","+tag+","+strconv.FormatFloat(rnd.NormFloat64()+10, 'g', -1, 64))
		}
		if s%100 == 7 {
			rows = append(rows, at+",,")
		}
	}
	file := func(rows []string) string {
		text := "time,tag,value,source,reason\n"
		for _, row := range rows {
			if strings.HasSuffix(row, ",,") {
				text += row + ",mill,timeout\n"
			} else {
				text += row + ",,\n"
			}
		}
		return text
	}
	shuffled := slices.Clone(rows)
	rnd.Shuffle(len(rows), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, room := range []int{100_000, 500, 1025} {
		s := newShelf(t)
		s.put("whole.csv", file(rows))
		s.put("late.csv", file(shuffled))
		s.put("half1.csv", file(rows[:5000]))
		s.put("half2.csv.gz", file(rows[5000:]))
		s.put("part1.csv", file(shuffled[:2000]))
		s.put("part2.csv", file(shuffled[2000:]))
		var evens, odds []string
		for i, row := range rows {
			if i%2 == 0 {
				evens = append(evens, row)
			} else {
				odds = append(odds, row)
			}
		}
		s.put("even.csv", file(evens))
		s.put("odd.csv", file(odds))
		want := s.told(s.read(room, "whole.csv"))
		if len(want) != len(rows) {
			t.Fatalf("got %d rows, want %d", len(want), len(rows))
		}
		slices.Sort(want)
		for _, names := range [][]string{{"late.csv"}, {"half2.csv.gz", "half1.csv"}, {"part2.csv", "part1.csv"}, {"odd.csv", "even.csv"}} {
			rec := s.read(room, slices.Clone(names)...)
			got := s.told(rec)
			if !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(instantIn(a), instantIn(b)) }) {
				t.Errorf("room %d, %v: not in time order", room, names)
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("room %d, %v: got %d rows, not the %d of the whole", room, names, len(got), len(want))
			}
			if rec.dir != "" && (names[0] != "late.csv" && names[0] != "part2.csv" || room > len(rows)) {
				t.Errorf("room %d, %v: sorted on the disk, want not", room, names)
			}
			if dir := rec.dir; room < len(rows) && names[0] == "late.csv" {
				if err := rec.close(); err != nil || dir == "" {
					t.Errorf("room %d: %v, folder %q, want one", room, err, dir)
				}
				if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s is left: %v", dir, err)
				}
			}
		}
	}
}

// instantIn gives the time of a told row in a form that sorts.
func instantIn(row string) string {
	at, err := time.Parse(time.RFC3339Nano, strings.Fields(row)[0])
	if err != nil {
		panic(err)
	}
	return at.Format("2006-01-02T15:04:05.000000000")
}

// TestRepeatedReadings: of one tag and time the row counts that stands last in
// the order of the files.
func TestRepeatedReadings(t *testing.T) {
	first := "time,mill.q_in\n2026-10-01 08:00:00,1\n2026-10-01 08:00:01,2\n2026-10-01 08:00:02,3\n"
	second := "time,tag,value\n2026-10-01 08:00:01,mill.q_in,20\n2026-10-01 08:00:00,mill.q_in,10\n2026-10-01 08:00:00,mill.q_in,11\n"
	third := "time,mill.q_in\n2026-10-01 08:00:00,100\n"
	for _, c := range []struct {
		names []string
		want  []float64
		again int
	}{
		{[]string{"1.csv", "2.csv", "3.csv"}, []float64{100, 20, 3}, 4},
		{[]string{"3.csv", "2.csv", "1.csv"}, []float64{1, 2, 3}, 4},
		{[]string{"1.csv", "3.csv", "2.csv"}, []float64{11, 20, 3}, 4},
		{[]string{"1.csv"}, []float64{1, 2, 3}, 0},
		{[]string{"1.csv", "1.csv"}, []float64{1, 2, 3}, 3},
	} {
		for _, room := range []int{2, 100} {
			s := newShelf(t)
			s.put("1.csv", first)
			s.put("2.csv", second)
			s.put("3.csv", third)
			rec := s.read(room, slices.Clone(c.names)...)
			var got []float64
			for _, row := range s.told(rec) {
				v, err := strconv.ParseFloat(strings.Fields(row)[2], 64)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, v)
			}
			if !slices.Equal(got, c.want) || rec.repeated != c.again {
				t.Errorf("%v, room %d: got %v, %d again; want %v, %d", c.names, room, got, rec.repeated, c.want, c.again)
			}
			if note := strings.Join(rec.notes(), "\n"); (c.again > 0) != strings.Contains(note, fmt.Sprintf("%d readings came again", c.again)) {
				t.Errorf("%v: noted %q", c.names, note)
			}
		}
	}
}

// TestNumberCell: whatever digits a cell has, its value is strconv's.
func TestNumberCell(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	taken := 0
	for range 200_000 {
		text := strconv.FormatFloat(rnd.NormFloat64()*math.Pow10(rnd.IntN(12)-5), 'f', rnd.IntN(12), 64)
		want, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		got, rest, ok := numberCell([]byte(text+",7"), ',')
		if !ok {
			continue
		}
		taken++
		if math.Float64bits(got) != math.Float64bits(want) || string(rest) != ",7" {
			t.Fatalf("%s: got %v and %q, want %v and the rest", text, got, rest, want)
		}
	}
	if taken < 100_000 {
		t.Errorf("only %d taken", taken)
	}
	for _, text := range []string{"", "-", ".", "1e5", "1.2.3", "0x10", "1_000", " 1", "1 ", "1234567890123456", "NaN", "--1", "+1"} {
		if v, _, ok := numberCell([]byte(text), ','); ok {
			t.Errorf("%q: got %v, want that strconv decides", text, v)
		}
	}
}

// TestTimeCells: times that differ in the second alone are those that ParseTime
// gives.
func TestTimeCells(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	quick, rnd := timeCells{zone: zone}, rand.New(rand.NewPCG(5, 5))
	at := time.Date(2026, 3, 28, 23, 0, 0, 0, time.UTC)
	for i := range 50_000 {
		at = at.Add(time.Duration(rnd.IntN(3000)) * time.Millisecond)
		text := []string{at.Format(time.RFC3339Nano), at.In(zone).Format(time.RFC3339), at.Format("2006-01-02T15:04:05.000Z07:00"), at.Format("2006/1/2 15:04")}[i/7%4]
		slow := timeCells{zone: zone}
		want, wantErr := slow.readAnew([]byte(text))
		if got, err := quick.read([]byte(text)); got != want && wantErr == nil || (err == nil) != (wantErr == nil) {
			t.Fatalf("%s: got %d, %v; want %d, %v", text, got, err, want, wantErr)
		}
	}
	for _, text := range []string{"2026-03-29T00:00:05Z", "2026-03-29T00:00:6xZ", "2026-03-29T00:00:61Z", "2026-03-29T00:00:5", ""} {
		_, err := quick.read([]byte(text))
		if (err == nil) != (text == "2026-03-29T00:00:05Z") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestReplayIsStopped(t *testing.T) {
	s := newShelf(t)
	rec := s.read(100, filepath.Base(s.put("a.csv", "time,mill.q_in\n2026-10-01 08:00:00,1\n2026-10-01 08:00:01,2\n")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := rec.replay(ctx, math.MinInt64, math.MaxInt64, func(*agent.Batch) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	full := errors.New("full")
	if err := rec.replay(t.Context(), math.MinInt64, math.MaxInt64, func(*agent.Batch) error { return full }); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}
