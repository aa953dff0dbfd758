package sim

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLiveKeepsPaceWithTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, im := NewMill(1, start), NewImage()
		var truth bytes.Buffer
		l := &Live{Plant: m, Screen: im, Truth: NewTruthFile(&truth), Every: 200 * time.Millisecond}
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second+time.Millisecond)
		defer cancel()
		if err := l.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if got := m.Now().Sub(start); got != 150*time.Second {
			t.Errorf("after 150 s the mill is at %v", got)
		}
		if got, ok := im.Frame().Get(1, Input, 12); !ok || got != 150 {
			t.Errorf("the heartbeat in the image is %d (%v), want 150", got, ok)
		}
		if !strings.Contains(truth.String(), "2026-03-01T00:02:00Z,in_kg,") {
			t.Errorf("the truth file lacks the second minute:\n%s", truth.String())
		}
	})
}

func TestLiveTellsOfAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Live{Plant: NewMill(1, start), Screen: NewImage(), Truth: NewTruthFile(full{})}
		if err := l.Run(t.Context()); err == nil {
			t.Error("no error")
		}
	})
}

func TestLiveSwitchesThePLC(t *testing.T) {
	im := NewImage()
	s, err := Listen("127.0.0.1:0", im)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := NewMill(1, start)
	m.Schedule(Incident{Kind: PLCOff, From: start.Add(20 * time.Millisecond), To: start.Add(time.Hour)})
	l := &Live{Plant: m, Screen: im, Server: s, Every: 10 * time.Millisecond}
	runUntil := func(answers bool) {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := l.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		for {
			c, err := net.Dial("tcp", s.Addr())
			if err == nil {
				c.Close()
			}
			if answers == (err == nil) {
				break
			}
			runtime.Gosched()
		}
		cancel()
		wg.Wait()
	}
	runUntil(false)
	if !m.Off() {
		t.Error("the server has no power though the PLC is on")
	}
	m.Step(time.Hour)
	runUntil(true)
}

func TestDescribe(t *testing.T) {
	s, _ := serve(t)
	u := upstream(t, nil)
	var out strings.Builder
	if err := Describe(&out, NewMill(1, start), "tcp://"+s.Addr(), u); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tcp://" + s.Addr(), u.URL(), "/status", "holding 102 float32 cdab", "unit 2 input 2 uint32 abcd", "mg/Nm3", "5% + 0.5 mg/Nm3", "0.003 m"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if got, want := strings.Count(out.String(), "\n"), 2+2+len(millPoints()); got != want {
		t.Errorf("%d lines, want %d", got, want)
	}
	if err := Describe(full{}, NewMill(1, start), "tcp://"+s.Addr(), nil); err == nil {
		t.Error("a full disk gave no error")
	}
}
