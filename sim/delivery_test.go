package sim

import (
	"strings"
	"testing"
)

func TestUpstreamRefusesWhatNoAgentMaySend(t *testing.T) {
	good := body{epoch: epochA, from: 1, to: 2}.String()
	gap := body{epoch: epochA, from: 5, to: 5, batches: []string{standIn(epochA, 1, 5, 1)}}.String()
	part := body{epoch: epochA, from: 1, to: 1, extra: `"rows":{"from":0,"to":2},`}.String()
	swap := func(in, old, new string) string {
		if !strings.Contains(in, old) {
			t.Fatalf("%s is not in %s", old, in)
		}
		return strings.Replace(in, old, new, 1)
	}
	u := upstream(t, nil)
	cases := []struct{ name, body, want string }{
		{"no JSON", "<html>", "body"},
		{"truncated", good[:len(good)-9], "body"},
		{"version", swap(good, `"version":1`, `"version":2`), "version"},
		{"plant", swap(good, `"id":"p"`, `"id":""`), "plant"},
		{"epoch short", swap(good, epochA, "aa"), "epoch"},
		{"epoch zero", swap(good, epochA, "0000000000000000"), "epoch"},
		{"epoch upper case", swap(good, epochA, "00000000000000AA"), "epoch"},
		{"backwards", swap(good, `"from":1,"to":2`, `"from":3,"to":2`), "stretch"},
		{"prev ahead", swap(good, `"seq":0`, `"seq":1`), "prev"},
		{"prev of nobody", swap(swap(good, `"seq":0`, `"seq":1`), `"from":1`, `"from":2`), "prev.epoch"},
		{"batch beyond", swap(good, `"seq":2`, `"seq":3`), "batch 3"},
		{"batch twice", swap(good, `"seq":2`, `"seq":1`), "batch 1"},
		{"no source", swap(good, `"source":"mill"`, `"source":""`), "source"},
		{"no received", swap(good, `"received":"2026-03-01T00:00:00.5Z",`, ``), "received"},
		{"no tag", swap(good, `"tag":"mill.q_in"`, `"tag":""`), "reading 0"},
		{"no time", swap(good, `"time":"2026-03-01T00:00:00Z",`, ``), "reading 0"},
		{"no value", swap(good, `"value":1000,`, ``), "reading 0"},
		{"a good null", swap(good, `"value":1000,`, `"value":null,`), "reading 0"},
		{"quality", swap(good, `"good"`, `"fine"`), "reading 0"},
		{"result", swap(gap, `"kpi":"k"`, `"kpi":""`), "result 0"},
		{"event", swap(gap, `"kind":"gap"`, `"kind":""`), "event 0"},
		{"gap without gap", swap(gap, `"gap":{`, `"hole":{`), "event 0"},
		{"gap of the future", swap(gap, `"seq":5},"rows"`, `"seq":6},"rows"`), "event 0"},
		{"part of two", swap(good, `"batches"`, `"rows":{"from":0,"to":1},"batches"`), "rows"},
		{"part of other size", swap(part, `"to":2}`, `"to":3}`), "rows"},
		{"part of nothing", swap(part, `"to":2}`, `"to":0}`), "rows"},
	}
	for i, tt := range cases {
		status, answer, _ := post(t, u, tt.name, "", []byte(tt.body))
		if status != 400 || !strings.Contains(answer, tt.want) {
			t.Errorf("%s: %d %s", tt.name, status, answer)
		}
		if got := u.Tally().BadRequests; got != uint64(i+1) {
			t.Fatalf("%s: %d bad requests, want %d", tt.name, got, i+1)
		}
	}
	text := swap(good, `"value":1000,`, `"value":null,"raw":"s:alloy 3003",`)
	if _, err := parseDelivery([]byte(text)); err != nil {
		t.Errorf("a text: %v", err)
	}
	for name, encoding := range map[string]string{"not gzip": "gzip", "not zstd": "zstd", "unknown": "br"} {
		if status, _, _ := post(t, u, name, encoding, []byte(good)); status != 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, answer, _ := post(t, u, "", "", []byte(good)); status != 400 || !strings.Contains(answer, "Idempotency-Key") {
		t.Errorf("no key: %d %s", status, answer)
	}
	if status, _, _ := post(t, u, "k", "", []byte(good)); status != 200 {
		t.Errorf("the good one: %d", status)
	}
	if status, _, _ := post(t, u, "k", "", []byte(part)); status != 422 {
		t.Errorf("a key used twice: %d", status)
	}
	if g := u.Tally(); g.Batches != 2 || g.BadRequests != uint64(len(cases)+5) {
		t.Errorf("%d batches, %d bad requests", g.Batches, g.BadRequests)
	}
}

func BenchmarkParseReading(b *testing.B) {
	text := []byte(body{epoch: epochA, from: 1, to: 1, batches: []string{batch(1, 1000)}}.String())
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := parseDelivery(text); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/reading")
}
