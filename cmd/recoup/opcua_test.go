package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"recoup/sim"
)

// The whole agent with OPC UA in trouble: a server that is killed, a link that
// is cut or swallows everything. What it must show is in its own books.

// TestOPCUAServerKilledFiveTimes: the values come back with the first try after
// the server answers, and the seconds are told.
func TestOPCUAServerKilledFiveTimes(t *testing.T) {
	t.Parallel()
	server := newAcidServer(t)
	w := newAcidWorld(t, server.address, "security: sign_and_encrypt")
	w.trust(t, server)
	r := w.begin(t)
	o := outages{w: w}
	for range 5 {
		server.onlyReads() // what it counted dies with it
		o.pass(t, "a kill", func() (began, ended time.Time) {
			server.kill()
			began = time.Now()
			o.missed(t)
			time.Sleep(notBridged - time.Since(began))
			ended = time.Now() // the next server shows nothing of before its start
			server.start()
			return began, ended
		})
	}
	o.booked(t, "no_connection")
	w.sessions(t, o.n, 0)
	w.end(t, r, server)
}

// TestOPCUALinkCutAndFrozen: a cut is seen at once, a black hole when the
// watchdog's time is over.
func TestOPCUALinkCutAndFrozen(t *testing.T) {
	t.Parallel()
	server := newAcidServer(t)
	link := newLink(t, server.address)
	w := newAcidWorld(t, link.address, "security: none, insecure: true")
	r := w.begin(t)
	cut, frozen := outages{w: w}, outages{w: w}
	cut.pass(t, "a cut link", func() (began, ended time.Time) {
		link.cut()
		began = time.Now()
		ended = server.awaitShown(began.Add(5 * time.Second))
		link.mend(t)
		return began, ended
	})
	cut.booked(t, "no_connection")
	frozen.pass(t, "a frozen link", func() (began, ended time.Time) {
		link.freeze()
		began = time.Now()
		frozen.missed(t) // not before the watchdog's 5 s are over
		ended = server.awaitShown(time.Now())
		link.mend(t)
		return began, ended
	})
	frozen.booked(t, "timeout")
	w.sessions(t, cut.n+frozen.n, frozen.n)
	w.end(t, r, server)
}

// notBridged is how long an outage must last at least to be seen in the results.
const notBridged = 2500 * time.Millisecond // more than the tags' max_gap

// outages is what trouble must cost at least and may cost at most.
type outages struct {
	w           *world
	n           int
	least, most time.Duration
}

// pass lets trouble come and go and waits until all values flow again. Trouble
// returns between which times no reading can lie; the most that it may cost is
// what lies between the readings around it.
func (o *outages) pass(t *testing.T, what string, trouble func() (began, ended time.Time)) {
	t.Helper()
	books := o.w.books(t)
	last, _ := books.span()
	began, ended := trouble()
	answers := time.Now()
	books = o.w.books(t)
	_, failed := books.source()
	until(t, "values after "+what, func() bool {
		books = o.w.books(t)
		return books.flow(ended)
	})
	flow := time.Since(answers)
	_, first := books.span()
	_, tries := books.source()
	if tries -= failed; tries > 1 {
		t.Errorf("%s: %d tries failed after the server answered, want none but one that was under way", what, tries)
	}
	o.n++
	o.least += ended.Sub(began)
	o.most += first.Sub(last)
	t.Logf("%s: values flow %.1f s after the server answers, %d failed tries later; %.1f s between readings, surely %.1f s",
		what, flow.Seconds(), tries, first.Sub(last).Seconds(), ended.Sub(began).Seconds())
}

// missed waits until the agent has noticed that the source is away.
func (o *outages) missed(t *testing.T) {
	t.Helper()
	until(t, "the server missed", func() bool {
		books := o.w.books(t)
		up, _ := books.source()
		return !books.Now.IsZero() && !up
	})
}

// booked demands the outages' seconds among the running day's reasons: not less
// than surely was away, and not more than what lies between readings.
func (o *outages) booked(t *testing.T, cause string) {
	t.Helper()
	var books acidBooks
	until(t, "the outages among the running day's reasons", func() bool {
		books = o.w.books(t)
		return books.lost(cause) >= o.least.Seconds()
	})
	last := books.Newest.Seq
	until(t, "ten batches more", func() bool {
		books = o.w.books(t)
		return books.Newest.Seq > last+10
	})
	lost := books.lost(cause)
	t.Logf("%.1f s lost to %s, want %.1f s to %.1f s", lost, cause, o.least.Seconds(), o.most.Seconds())
	if lost > o.most.Seconds()+0.01 { // as rounded
		t.Errorf("%.1f s lost to %s, want at most %.1f s", lost, cause, o.most.Seconds())
	}
}

// acidBooks is what the agent says of the acid plant.
type acidBooks struct {
	Now    time.Time
	Newest struct{ Seq uint64 }
	Tags   []struct {
		Source, Quality string
		Time            time.Time
	}
	Sources []struct {
		Name   string
		Up     bool
		Failed uint64 `json:"polls_failed"`
	}
	Running []struct {
		KPI, Window string
		Lost        []struct {
			Cause   string
			Seconds float64
		}
	}
	Metrics []struct {
		Name  string
		Value float64
	}
}

// books gives empty ones while nobody answers.
func (w *world) books(t *testing.T) (b acidBooks) {
	t.Helper()
	text := w.get("/api/v1/board")
	if text == "" {
		return b
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return b
}

func (b *acidBooks) source() (up bool, failed uint64) {
	for _, s := range b.Sources {
		if s.Name == "acid" {
			return s.Up, s.Failed
		}
	}
	return false, 0
}

// span gives the times of the oldest and the newest of the tags' last readings.
func (b *acidBooks) span() (oldest, newest time.Time) {
	for _, tag := range b.Tags {
		if tag.Source != "acid" {
			continue
		}
		if oldest.IsZero() || tag.Time.Before(oldest) {
			oldest = tag.Time
		}
		if tag.Time.After(newest) {
			newest = tag.Time
		}
	}
	return oldest, newest
}

// flow reports whether the source is up and every tag is good, and true at a
// time after since.
func (b *acidBooks) flow(since time.Time) bool {
	good := 0
	for _, tag := range b.Tags {
		if tag.Source == "acid" && tag.Time.After(since) && tag.Quality == "good" {
			good++
		}
	}
	up, _ := b.source()
	return up && good == acidInputs
}

// lost gives the seconds that the running day's recovery has lost to a cause.
func (b *acidBooks) lost(cause string) (sum float64) {
	for _, r := range b.Running {
		if r.KPI != "acid.plant.recovery_loss" || r.Window != "day" {
			continue
		}
		for _, l := range r.Lost {
			if l.Cause == cause {
				sum += l.Seconds
			}
		}
	}
	return sum
}

// begin starts the agent and waits for the acid plant's values. The upstream
// fails one request in ten, by turns before and after storing it.
func (w *world) begin(t *testing.T) *running {
	t.Helper()
	w.up.Behave(sim.Behaviour{FailEvery: 10})
	r := w.start(t)
	t.Cleanup(func() {
		if t.Failed() {
			r.Process.Kill()
			r.Wait()
			t.Logf("the agent said:\n%s", r.log)
		}
	})
	until(t, "the acid plant's values", func() bool {
		books := w.books(t)
		return books.flow(time.Time{})
	})
	return r
}

// sessions demands that each outage ended a session and nothing else did, also
// not for longer than the watchdog's 5 s since the last outage. Of those, the
// watchdog ended as many as there were stalls.
func (w *world) sessions(t *testing.T, outages, stalls int) {
	t.Helper()
	later := time.Now().Add(6 * time.Second)
	var books acidBooks
	until(t, "values of later", func() bool {
		books = w.books(t)
		return books.flow(later)
	})
	counters := map[string]float64{}
	for _, m := range books.Metrics {
		counters[m.Name] = m.Value
	}
	if opened := counters["recoup_opcua_sessions_total"]; opened != float64(outages+1) {
		t.Errorf("%g sessions, want %d: one at the start and one after each outage", opened, outages+1)
	}
	if ended := counters["recoup_opcua_stalls_total"]; ended != float64(stalls) {
		t.Errorf("the watchdog ended %g sessions, want %d", ended, stalls)
	}
	if told := strings.Count(w.get("/api/v1/events?limit=500"), `"kind":"source_down","key":"acid"`); told != outages {
		t.Errorf("%d outages among the events, want %d", told, outages)
	}
}

// end stops the agent and demands that the mill lost nothing, that everything
// arrived, and that nothing but reads reached either plant.
func (w *world) end(t *testing.T, r *running, server *acidServer) {
	t.Helper()
	board := w.get("/api/v1/board")
	if lost := lostSeconds(t, board, "no_connection") + lostSeconds(t, board, "timeout"); lost != 0 {
		t.Errorf("the mill lost %.1f s by the other plant's trouble, want 0", lost)
	}
	w.up.Behave(sim.Behaviour{})
	until(t, "everything delivered", func() bool {
		text := w.get("/metrics")
		return metric(text, `recoup_upstream_up{upstream="hq"}`) == "1" && strings.HasPrefix(metric(text, `recoup_upstream_behind_seconds{upstream="hq"}`), "0")
	})
	r.stop(t)
	w.onlyReads(t)
	server.onlyReads()
	tally := w.up.Tally()
	if tally.Holes != 0 || tally.Forks != 0 || tally.OutOfOrder != 0 || tally.BadRequests != 0 {
		t.Errorf("holes %d, forks %d, out of order %d, bad requests %d; want none", tally.Holes, tally.Forks, tally.OutOfOrder, tally.BadRequests)
	}
	if tally.Injected == 0 || tally.Repeats > tally.Injected {
		t.Errorf("%d repeats after %d failed requests, want some that failed and no more repeats", tally.Repeats, tally.Injected)
	}
}
