package file

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"recoup/agent"
)

const columns = "columns: {acid.strength: strength, acid.organics: 有机物}"

func acidLab(t *testing.T) *lab {
	l := newLab(t, columns+"\nsettle: 10s", "acid.strength", "acid.organics")
	l.tags[0].Range = &agent.Range{Lo: 90, Hi: 100}
	return l
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if want = strings.TrimSpace(want); got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
	}
}

// TestForms: what spreadsheets and laboratories write.
func TestForms(t *testing.T) {
	const want = "2026-11-23T00:00:00Z acid.strength 98.2\n2026-11-23T00:00:00Z acid.organics 0.4\n2026-11-23T08:00:00Z acid.strength 98.35"
	for name, text := range map[string]string{
		"plain":              "time,strength,有机物\n2026-11-23 08:00,98.2,0.4\n2026-11-23 16:00:00,98.35,\n",
		"byte order mark":    "\ufefftime,strength,有机物\r\n2026-11-23 08:00,98.2,0.4\r\n2026-11-23 16:00:00,98.35,\r\n",
		"semicolons":         "有机物;time;strength\n0.4;2026/11/23 8:00;98.2\n;2026/11/23 16:00;98.35\n",
		"offsets, backwards": "time,strength,有机物\n2026-11-23T08:00:00Z,98.35,\n2026-11-23T08:00:00+08:00,98.2,0.4\n",
		"quotes and blanks":  "\"time\", strength ,有机物,,\n\"2026-11-23 08:00\", 98.2 ,0.4,,\n\n,,\n2026-11-23T16:00:00,98.35,,,\n",
	} {
		l := acidLab(t)
		d := l.open()
		l.write("a.csv", text)
		got := l.settled(d)
		same(t, name, shown(got), want)
		if problems := l.text(errorsName); problems != "" || d.count.badRow.Load() != 0 {
			t.Errorf("%s: %d bad rows, %q", name, d.count.badRow.Load(), problems)
		}
	}
}

// TestRefusedFiles: each says what to do, is listed once, and leaves the source
// as it is.
func TestRefusedFiles(t *testing.T) {
	for text, want := range map[string]string{
		"time,\xc7\xbf\xb6\xc8\n2026-11-23 08:00,98.2\n":   `save it as "CSV UTF-8"`,
		"\xff\xfet\x00i\x00m\x00e\x00\x00\n":               "UTF-16",
		"Zeit,strength\n2026-11-23 08:00,98.2\n":           `no column "time"`,
		"time,density\n2026-11-23 08:00,98.2\n":            "none of the columns",
		"time,strength,strength\n2026-11-23 08:00,98,99\n": "two columns",
		"\n\n": "is empty",
		"time,strength\n2026-11-23 08:00,1\n\x81\x30\x81\n": "GB18030",
	} {
		l := acidLab(t)
		d := l.open()
		l.write("a.csv", text)
		got := append(l.settled(d), l.settled(d)...)
		if problems := l.text(errorsName); len(got) != 0 || !strings.Contains(problems, want) || strings.Count(problems, "a.csv") != 1 {
			t.Errorf("%q: %d batches, listed as %q; want none, and once %q", text, len(got), problems, want)
		}
		if n := d.count.refused.Load(); n != 1 {
			t.Errorf("%q: %d files refused, want 1", text, n)
		}
	}
}

func TestBadRowsAreNamedAndTheRestIsTaken(t *testing.T) {
	l := acidLab(t)
	d := l.open()
	l.write("bad.csv", strings.Join([]string{"time,strength,有机物",
		"2026-11-23 01:00,98.1,0.1", // 2
		"yesterday,98.2,0.2",        // 3
		"2026-11-23 03:00,about 98,0.3",
		"2026-11-23 04:00,98,4,0.4",
		"2026-11-23 05:00,9.85,0.5",
		"2062-11-23 06:00,98.6,0.6",
		"2026-11-23 07:00,98\"7,0.7",
		"2026-11-23 08:00,98.8",
		"2026-11-23 09:00,\"98,9\",0.9", ""}, "\n"))
	same(t, "readings", shown(l.settled(d)), `
2026-11-22T17:00:00Z acid.strength 98.1
2026-11-22T17:00:00Z acid.organics 0.1
2026-11-22T19:00:00Z acid.strength  bad protocol
2026-11-22T19:00:00Z acid.organics 0.3
2026-11-22T20:00:00Z acid.strength  bad protocol
2026-11-22T20:00:00Z acid.organics  bad protocol
2026-11-22T21:00:00Z acid.strength 9.85 bad out_of_range
2026-11-22T21:00:00Z acid.organics 0.5
2026-11-23T00:00:00Z acid.strength 98.8
2026-11-23T00:00:00Z acid.organics  bad protocol
2026-11-23T01:00:00Z acid.strength  bad protocol
2026-11-23T01:00:00Z acid.organics 0.9`)
	l.poll(d)
	problems := l.text(errorsName)
	for _, want := range []string{
		"bad.csv", `line 3, column time: "yesterday" is not a time`, `line 4, column strength: "about 98" is not a number`,
		"line 5, column strength: the line has more cells than the header; write decimal points", "line 6, column strength: 9.85 is taken as bad (out_of_range)",
		"line 7, column time: 2062-11-22T22:00:00Z lies in the future", "line 8 to line 8 cannot be read", "line 9, column 有机物: the line ends before",
		`line 10, column strength: "98,9" is not a number; write a decimal point`,
	} {
		if !strings.Contains(problems, want) {
			t.Errorf("the list does not say %q:\n%s", want, problems)
		}
	}
	if n := d.count.badRow.Load(); n != 8 {
		t.Errorf("%d bad rows counted, want 8", n)
	}
}

// TestFileStillBeingWritten: it is taken when it is whole, not before.
func TestFileStillBeingWritten(t *testing.T) {
	l := acidLab(t)
	d := l.open()
	poll := func() string { return shown(l.poll(d)) }
	look := func() { l.look(d) }
	l.write("a.csv", "time,strength\n")
	look()
	l.pass(5 * time.Second)
	l.write("a.csv", "time,strength\n2026-11-23 08:00,98.1\n2026-11-23 16:00,9")
	look()
	l.pass(9 * time.Second)
	same(t, "after 9 s", poll(), "")
	l.pass(2 * time.Second)
	same(t, "settled without the end of its last line", poll(), "")
	l.write("a.csv", "time,strength\n2026-11-23 08:00,98.1\n2026-11-23 16:00,98.25")
	look()
	l.pass(49 * time.Second)
	same(t, "just short of patience", poll(), "")
	l.pass(time.Second)
	same(t, "after patience", poll(), "2026-11-23T00:00:00Z acid.strength 98.1\n2026-11-23T08:00:00Z acid.strength 98.25")
	same(t, "again", poll(), "")
}

// TestNewFileIsWaitedFor: one Read is enough for a file that is there.
func TestNewFileIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := acidLab(t)
		spec := l.spec()
		spec.Clock = agent.SystemClock()
		made, err := New(spec)
		if err != nil {
			t.Fatal(err)
		}
		l.write("a.csv", "time,strength\n1999-01-01 08:00,98.1\n")
		started, b := time.Now(), agent.Batch{}
		if _, err := made.Read(t.Context(), l.tags, &b); err != nil || time.Since(started) != 10*time.Second {
			t.Errorf("Read = %v after %s, want nil after 10 s", err, time.Since(started))
		}
		if n := made.(*Driver).count.badRow.Load(); n != 1 { // the year is implausible, so the file was read
			t.Errorf("%d bad rows, want 1", n)
		}
	})
}

func TestTwiceDroppedFileIsTakenOnce(t *testing.T) {
	l := acidLab(t)
	d := l.open()
	const text = "time,strength\n2026-11-23 08:00,98.1\n"
	l.write("a.csv", text)
	l.write("copy of a.csv", text)
	same(t, "two copies", shown(l.settled(d)), "2026-11-23T00:00:00Z acid.strength 98.1")
	os.Remove(filepath.Join(l.dir, "a.csv"))
	l.settled(d)
	l.write("b.csv", text)
	l.write("note.txt", text)
	l.write(".a.csv", text)
	same(t, "another name", shown(l.settled(d)), "")
	if taken, again := d.count.taken.Load(), d.count.repeated.Load(); taken != 1 || again != 2 {
		t.Errorf("%d taken, %d repeated; want 1 and 2", taken, again)
	}
	l.write("b.csv", text+"2026-11-23 16:00,98.2\n")
	same(t, "more of it", shown(l.settled(d)), "2026-11-23T00:00:00Z acid.strength 98.1\n2026-11-23T08:00:00Z acid.strength 98.2")
}

func TestRestart(t *testing.T) {
	const text = "time,strength\n2026-11-23 08:00,98.1\n"
	const want = "2026-11-23T00:00:00Z acid.strength 98.1"
	for _, c := range []struct {
		name string
		end  func(l *lab, d *Driver)
		want string // after the restart
	}{
		{"after a crash at once", func(*lab, *Driver) {}, want},
		{"after a crash when it was committed", func(l *lab, d *Driver) { l.pass(commitTime); l.poll(d) }, ""},
		{"after a stop in good order", func(_ *lab, d *Driver) { d.Close() }, ""},
		{"after a look that nobody recorded", func(l *lab, d *Driver) { l.recorded = time.Time{}; d.Close() }, want},
	} {
		l := acidLab(t)
		d := l.open()
		d.settle = 0
		l.write("a.csv", text)
		same(t, c.name+", first", shown(l.poll(d)), want)
		c.end(l, d)
		again := l.open()
		again.settle = 0
		os.Rename(filepath.Join(l.dir, "a.csv"), filepath.Join(l.dir, "b.csv"))
		same(t, c.name, shown(l.poll(again)), c.want)
		again.Close()
	}
}

func TestOlderReadingsAreBackfill(t *testing.T) {
	l := acidLab(t)
	d := l.open()
	l.write("a.csv", "time,strength\n2026-11-23 08:00,98.1\n")
	l.settled(d)
	d.Close()
	d = l.open()
	l.write("b.csv", "time,strength\n2026-11-23 10:00,98.4\n2026-11-23 07:00,98.2\n2026-11-22 07:00,98.3\n")
	got := l.settled(d)
	same(t, "after a restart", shown(got), `
2026-11-21T23:00:00Z acid.strength 98.3 backfill
2026-11-22T23:00:00Z acid.strength 98.2 backfill
2026-11-23T02:00:00Z acid.strength 98.4`)
	if len(got) != 2 || !got[0].More || got[1].More {
		t.Errorf("%d batches, want a backfill with more to come and one without", len(got))
	}
}

func TestHundredThousandRows(t *testing.T) {
	l := acidLab(t)
	d := l.open()
	var text strings.Builder
	text.WriteString("time,strength,有机物\n")
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for i := range 100_000 {
		fmt.Fprintf(&text, "%s,%g,%d\n", start.Add(time.Duration(i)*30*time.Second).Format(time.RFC3339), 90+float64(i%1000)/100, i%7)
	}
	l.write("history.csv", text.String())
	got := l.settled(d)
	n, last := 0, time.Time{}
	for i, b := range got {
		n += len(b.Readings)
		if len(b.Readings) > mostReadings || b.Backfill || b.More != (i < len(got)-1) {
			t.Errorf("batch %d: %d readings, backfill %v, more %v", i, len(b.Readings), b.Backfill, b.More)
		}
		for _, r := range b.Readings {
			if r.Time.Before(last) {
				t.Fatalf("%s comes after %s", r.Time, last)
			}
			last = r.Time
		}
	}
	if n != 200_000 || len(got) != 20 {
		t.Errorf("%d readings in %d batches, want 200000 in 20", n, len(got))
	}
}

func TestClocksSetBackAndForward(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{
		"2026-10-25 02:30":          "comes twice",
		"2026-03-29 02:30":          "does not exist",
		"2026-10-25 03:30":          "2026-10-25T02:30:00Z",
		"2026-10-25T02:30:00+01:00": "2026-10-25T01:30:00Z",
		"2026-07-01 00:00:00.5":     "2026-06-30T22:00:00.5Z",
	} {
		at, err := ParseTime(cell, zone)
		if got := fmt.Sprint(at.Format(time.RFC3339Nano), err); !strings.Contains(got, want) {
			t.Errorf("%s = %s, want %s", cell, got, want)
		}
	}
}

func TestJournalTrouble(t *testing.T) {
	for text, want := range map[string]string{
		"{": "delete it",
		`{"version":1,"source":"mill","taken":[]}`: `"mill"`,
		`{"version":9,"source":"lab","taken":[]}`:  "newer program",
	} {
		l := acidLab(t)
		l.write(journalName, text)
		_, err := l.open().Read(t.Context(), l.tags, &agent.Batch{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a journal %s: Read = %v, want %q", text, err, want)
		}
	}
}

func TestJournalForgetsOnlyWhatIsGone(t *testing.T) {
	l := acidLab(t)
	d := l.open()
	if err := d.remember(); err != nil {
		t.Fatal(err)
	}
	for i := range mostEntries + 10 {
		d.journal.Taken = append(d.journal.Taken, entry{Sum: fmt.Sprint(i), Name: fmt.Sprint(i)})
	}
	d.seen["3"] = &sighting{}
	d.forget()
	if got := d.journal.Taken; len(got) != mostEntries || got[0].Name != "3" || got[1].Name != "11" {
		t.Errorf("%d entries kept, the first %s and %s; want %d, 3 and 11", len(got), got[0].Name, got[1].Name, mostEntries)
	}
}
