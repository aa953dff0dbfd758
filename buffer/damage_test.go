package buffer

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// damagedFolder makes a folder with four segments of one start, closed or not, and
// gives the batches in it.
func damagedFolder(t *testing.T, closed bool) (dir string, batches []*agent.Batch) {
	t.Helper()
	dir = t.TempDir()
	l := open(t, testConfig(dir, "hq"), steady(), nil)
	fillSegments(t, l, 5, 1, 400)
	for seq := uint64(1); seq < 400; seq += 10 {
		batches = append(batches, bulky(5, seq, seq+9, 4<<10)...)
	}
	if err := l.Tidy(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !closed {
		return copyDir(t, dir), batches
	}
	l.close(t)
	return dir, batches
}

// wantEveryNumber drains and checks that every number 1…last is given as it was
// stored, or stood for. It gives how many readings came.
func wantEveryNumber(t *testing.T, l *loaded, stored []*agent.Batch, last uint64) (readings int) {
	t.Helper()
	given := map[uint64]bool{}
	for _, b := range l.drain(t, "hq") {
		from, stands := b.Stands()
		for n := from; n <= b.Seq; n++ {
			given[n] = true
		}
		if stands {
			continue
		}
		want := *stored[b.Seq-1]
		want.Prev = b.Prev // only the epoch's first has it
		if diff := agenttest.DiffBatches(b, &want); diff != "" {
			t.Fatalf("batch %d: %s", b.Seq, diff)
		}
		readings += len(b.Readings)
	}
	for n := uint64(1); n <= last; n++ {
		if !given[n] {
			t.Fatalf("number %d neither given nor stood for", n)
		}
	}
	return readings
}

func overwrite(t *testing.T, path string, at int64, with []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(with, at); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedAtStart: no damage to any file stops a start, and every number is
// given or known to be missing.
func TestDamagedAtStart(t *testing.T) {
	harm := map[string]func(t *testing.T, path string){
		"half lost": func(t *testing.T, path string) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, info.Size()/2/pageSize*pageSize); err != nil {
				t.Fatal(err)
			}
		},
		"two pages": func(t *testing.T, path string) {
			if err := os.Truncate(path, 2*pageSize); err != nil {
				t.Fatal(err)
			}
		},
		"empty": func(t *testing.T, path string) {
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		},
		"no metas":     func(t *testing.T, path string) { overwrite(t, path, 0, make([]byte, 2*pageSize)) },
		"zeros inside": func(t *testing.T, path string) { overwrite(t, path, 2*pageSize, make([]byte, 10*pageSize)) },
		"noise inside": func(t *testing.T, path string) { overwrite(t, path, 3*pageSize, []byte(noise(3, 20*pageSize))) },
		"gone": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	}
	folders, stored := map[bool]string{}, []*agent.Batch(nil)
	for _, closed := range []bool{true, false} {
		folders[closed], stored = damagedFolder(t, closed)
	}
	for what, damage := range harm {
		for _, which := range []string{"first", "second", "newest", "meta.db", "kept.db"} {
			for _, closed := range []bool{true, false} {
				name := what + ", " + which
				if !closed {
					name += " of a crash"
				}
				t.Run(name, func(t *testing.T) {
					dir := copyDir(t, folders[closed])
					files := segmentFiles(t, dir)
					path := filepath.Join(dir, which)
					switch which {
					case "first":
						path = files[0]
					case "second":
						path = files[1]
					case "newest":
						path = files[len(files)-1]
					}
					damage(t, path)
					startAgain(t, dir, stored, strings.HasPrefix(filepath.Base(path), "seg-"))
				})
			}
		}
	}
}

// startAgain starts on a damaged folder, twice, and goes on writing.
func startAgain(t *testing.T, dir string, stored []*agent.Batch, segment bool) {
	t.Helper()
	l := open(t, testConfig(dir, "hq"), steady(), nil)
	if l.last.Seq < 400 {
		t.Fatalf("last number %d, want 400 or more: none may be used twice", l.last.Seq)
	}
	readings := wantEveryNumber(t, l, stored, l.last.Seq)
	if !segment && readings != 360 {
		t.Errorf("%d readings given although no segment is damaged, want 360", readings)
	}
	next := &agent.Batch{Mark: agent.Mark{Epoch: 6, Seq: l.last.Seq + 1}, Source: "mill", Prev: l.last}
	if err := l.Append([]*agent.Batch{next}); err != nil {
		t.Fatalf("Append after damage: %v", err)
	}
	l.close(t)
	l = open(t, testConfig(dir, "hq"), steady(), nil)
	if d := l.next(t, "hq", agent.Oldest, 1000); d.From != next.Seq || d.To != next.Seq || d.Prev != next.Prev {
		t.Errorf("after starting again: delivery %d…%d after %v, want %d after %v", d.From, d.To, d.Prev, next.Seq, next.Prev)
	}
}

func TestQuarantineHasANote(t *testing.T) {
	dir, _ := damagedFolder(t, true)
	path := segmentFiles(t, dir)[1]
	overwrite(t, path, 0, make([]byte, 2*pageSize))
	l := open(t, testConfig(dir, "hq"), steady(), nil)
	notes, err := filepath.Glob(filepath.Join(dir, quarantineDir, "*"+filepath.Base(path)+".json"))
	if err != nil || len(notes) != 1 {
		t.Fatalf("notes %v (%v), want one", notes, err)
	}
	text, err := os.ReadFile(notes[0])
	if err != nil || !strings.Contains(string(text), "no meta page") {
		t.Errorf("note %q (%v), want it to say what was wrong", text, err)
	}
	if _, err := os.Stat(strings.TrimSuffix(notes[0], ".json")); err != nil {
		t.Errorf("the damaged file is not kept: %v", err)
	}
	var damaged, rows int
	for _, b := range l.drain(t, "hq") {
		for _, e := range b.Events {
			if e.Kind == agent.SegmentDamaged {
				damaged++
			}
			if e.Gap != nil {
				rows += e.Gap.Total()
			}
		}
	}
	if damaged != 1 || rows == 0 {
		t.Errorf("%d events of damage with %d readings missing, want one with some", damaged, rows)
	}
}

// TestFlippedBits: bbolt alone misses a third of them. Whatever is given must
// be as it was stored, and every number must be given or stood for.
func TestFlippedBits(t *testing.T) {
	dir, stored := damagedFolder(t, true)
	r := rand.New(rand.NewPCG(4, 2))
	harmless, told := 0, 0
	for range 60 {
		dir := copyDir(t, dir)
		files := segmentFiles(t, dir)
		path := files[r.IntN(len(files))]
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := r.IntN(len(text))
		text[at] ^= 1 << r.IntN(8)
		if err := os.WriteFile(path, text, fileMode); err != nil {
			t.Fatal(err)
		}
		l := open(t, testConfig(dir, "hq"), steady(), nil)
		if wantEveryNumber(t, l, stored, 400) == 360 {
			harmless++
		} else {
			told++
		}
		l.close(t)
	}
	if harmless == 0 || told == 0 {
		t.Errorf("%d flips harmless and %d told of: the test does not test", harmless, told)
	}
}

// TestDamageWhileRunning: a frame that goes bad under a running store becomes a
// gap of one batch, and a later drop of its segment keeps the count.
func TestDamageWhileRunning(t *testing.T) {
	dir := t.TempDir()
	cfg := testConfig(dir, "hq")
	l := open(t, cfg, steady(), nil)
	fillSegments(t, l, 5, 1, 400)
	path := segmentFiles(t, dir)[0]
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(text), noise(13, 100)) // in batch 13
	if at < 0 {
		t.Fatal("batch 13 not found in the first segment")
	}
	for i := at; i >= 0; { // and in every older copy of it
		overwrite(t, path, int64(i), []byte("damaged"))
		next := strings.Index(string(text[i+1:]), noise(13, 100))
		if next < 0 {
			break
		}
		i += 1 + next
	}
	var gap *agent.Gap
	readings := 0
	for _, b := range l.drain(t, "hq") {
		readings += len(b.Readings)
		for _, e := range b.Events {
			if e.Gap != nil {
				gap = e.Gap
			}
		}
	}
	if readings != 359 || gap == nil || gap.From.Seq != 13 || gap.To.Seq != 13 {
		t.Fatalf("%d readings and gap %+v, want 359 and a gap of batch 13", readings, gap)
	}
	l.close(t)
	cfg.MaxBytes = 4 * minSegmentBytes
	l = open(t, cfg, steady(), nil)
	fillSegments(t, l, 6, 401, 300)
	if err := l.Tidy(context.Background()); err != nil {
		t.Fatal(err)
	}
	stored := 0
	for b, err := range l.Range(began, began.Add(1<<60)) {
		if err != nil {
			t.Fatal(err)
		}
		stored += len(b.Readings)
	}
	if got := stored + int(metric(t, l.Store, "recoup_gap_readings_total")); got != 630 {
		t.Errorf("%d readings stored and in gaps, want 630", got)
	}
}

// TestCommitFails: whether it happened or not, the same batches offered again
// are stored once.
func TestCommitFails(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, begun := range []bool{false, true} {
			var d disk
			dir := t.TempDir()
			l := open(t, testConfig(dir, "hq"), steady(), d.hook)
			if begun {
				if err := l.Append(bulky(5, 1, 1, 10)); err != nil {
					t.Fatal(err)
				}
			} else {
				d.fail("seg", after, 1)
				if err := l.Append(bulky(5, 1, 1, 10)); !errors.Is(err, errDisk) {
					t.Fatalf("Append: %v, want %v", err, errDisk)
				}
				if err := l.Append(bulky(5, 1, 1, 10)); err != nil {
					t.Fatal(err)
				}
			}
			d.fail("seg", after, 2)
			for range 2 {
				if err := l.Append(bulky(5, 2, 4, 10)); !errors.Is(err, errDisk) {
					t.Fatalf("Append: %v, want %v", err, errDisk)
				}
				if got := l.next(t, "hq", agent.Oldest, 100); got.To != 1 {
					t.Fatalf("delivery up to %d, want only what is known to be stored", got.To)
				}
			}
			crashed := open(t, testConfig(copyDir(t, dir), "hq"), steady(), nil)
			if want := map[bool]uint64{false: 1, true: 4}[after]; crashed.last.Seq != want {
				t.Errorf("last number after a crash %d, want %d", crashed.last.Seq, want)
			}
			if err := l.Append(bulky(5, 2, 6, 10)); err != nil {
				t.Fatalf("Append once the disk works again: %v", err)
			}
			for _, l := range []*loaded{l, open(t, testConfig(copyDir(t, dir), "hq"), steady(), nil)} {
				d := l.next(t, "hq", agent.Oldest, 100)
				if d.From != 1 || d.To != 6 || len(d.Batches) != 6 {
					t.Errorf("after the commit: %v, begun: %v: delivery %d…%d of %d batches, want 1…6 of 6", after, begun, d.From, d.To, len(d.Batches))
				}
			}
		}
	}
}

// TestNoSegmentCanBeMade: with the disk full not even a file can be begun; what
// was offered is taken once there is room.
func TestNoSegmentCanBeMade(t *testing.T) {
	dir := t.TempDir()
	l := open(t, testConfig(dir, "hq"), steady(), nil)
	blocker := filepath.Join(segmentPath(dir, 1)+tempSuffix, "in the way")
	if err := os.MkdirAll(blocker, dirMode); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Append(bulky(5, 1, 3, 10)); err == nil {
			t.Fatal("Append although no segment can be made gave no error")
		}
	}
	if err := os.RemoveAll(filepath.Dir(blocker)); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(bulky(5, 1, 3, 10)); err != nil {
		t.Fatalf("Append once there is room: %v", err)
	}
	if got := len(l.drain(t, "hq")); got != 3 {
		t.Errorf("%d batches delivered, want 3", got)
	}
}

// TestMetaFails: acks that could not be written are written later.
func TestMetaFails(t *testing.T) {
	for _, after := range []bool{false, true} {
		var d disk
		dir := t.TempDir()
		l := open(t, testConfig(dir, "hq"), steady(), d.hook)
		fillSegments(t, l, 5, 1, 20)
		d.fail("meta", after, 2) // for the ack too
		l.Ack("hq", 1, 12)
		if err := l.Tidy(context.Background()); !errors.Is(err, errDisk) {
			t.Fatalf("Tidy: %v, want %v", err, errDisk)
		}
		if err := l.Tidy(context.Background()); err != nil {
			t.Fatalf("Tidy once the disk works again: %v", err)
		}
		crashed := open(t, testConfig(copyDir(t, dir), "hq"), steady(), nil)
		if got := crashed.next(t, "hq", agent.Oldest, 100); got.From != 13 {
			t.Errorf("delivery from %d after a crash, want 13", got.From)
		}
	}
}
