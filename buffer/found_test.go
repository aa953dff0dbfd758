package buffer

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// Every test here is named after a fault that was found once.

// run opens the folder, appends some source batches and closes it.
func storeSome(t *testing.T, dir string, epoch uint64, n int) {
	t.Helper()
	clk := &handClock{now: began}
	s := open(t, testConfig(dir, "hq"), clk.clock(), nil)
	tags := agenttest.Tags("plc", time.Second, 2)
	last := s.last
	for range n {
		b := &agent.Batch{Mark: agent.Mark{Epoch: epoch, Seq: last.Seq + 1}, Source: "plc", Received: began, Boot: 1}
		if last.Epoch != epoch {
			b.Prev = last
		}
		for _, tag := range tags {
			b.Readings = append(b.Readings, agent.Reading{Tag: tag, Time: began, Value: agent.Float64Value(1), Quality: agent.Good})
		}
		if err := s.Append([]*agent.Batch{b}); err != nil {
			t.Fatal(err)
		}
		last = b.Mark
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// count opens the folder and gives its batches and the last number.
func count(t *testing.T, dir string) (batches int, last uint64) {
	t.Helper()
	clk := &handClock{now: began}
	s := open(t, testConfig(dir, "hq"), clk.clock(), nil)
	defer s.Close()
	for b, err := range s.Range(time.Time{}, began.Add(time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Readings) > 0 {
			batches++
		}
	}
	return batches, s.last.Seq
}

func TestStrayFilesTakeNothingAway(t *testing.T) {
	for name, stray := range map[string]func(dir string) error{
		"copy under another name": func(dir string) error {
			text, err := os.ReadFile(segmentPath(dir, 1))
			if err != nil {
				return err
			}
			return os.WriteFile(segmentPath(dir, 0x1000), text, 0o644)
		},
		"junk under a far number":      func(dir string) error { return os.WriteFile(segmentPath(dir, 1<<30), []byte("junk"), 0o644) },
		"junk under the last number":   func(dir string) error { return os.WriteFile(segmentPath(dir, 1<<64-1), []byte("x"), 0o644) },
		"nothing under a far number":   func(dir string) error { return os.WriteFile(segmentPath(dir, 1<<40), nil, 0o644) },
		"a folder among the segments":  func(dir string) error { return os.Mkdir(filepath.Join(dir, "attic"), 0o755) },
		"a stranger's file beside it":  func(dir string) error { return os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("hi"), 0o644) },
		"another file with seg- first": func(dir string) error { return os.WriteFile(filepath.Join(dir, "seg-old.db"), []byte("hi"), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for epoch := range uint64(3) {
				storeSome(t, dir, epoch+1, 5)
			}
			if err := stray(dir); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if got, last := count(t, dir); got != 15 || last > 100 {
					t.Fatalf("%d batches, last number %d; want all 15 and a number near them", got, last)
				}
			}
			storeSome(t, dir, 9, 5)
			if got, _ := count(t, dir); got != 20 {
				t.Errorf("%d batches after going on, want 20", got)
			}
		})
	}
}

func TestRemovedFolderIsNoticed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	clk := &handClock{now: began}
	s := open(t, testConfig(dir, "hq"), clk.clock(), nil)
	defer s.Close()
	b := &agent.Batch{Mark: agent.Mark{Epoch: 1, Seq: 1}, Source: "plc", Received: began}
	if err := s.Append([]*agent.Batch{b}); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := s.Append([]*agent.Batch{{Mark: agent.Mark{Epoch: 1, Seq: 2}, Source: "plc", Received: began}}); err == nil {
		t.Error("a batch counts as committed although the folder is gone")
	}
}
