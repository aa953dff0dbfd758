package sim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

func upstream(t *testing.T, file io.Writer) *Upstream {
	t.Helper()
	u, err := ListenUpstream("127.0.0.1:0", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return u
}

// post sends a body and gives status and answer; 0 when the connection broke.
func post(t *testing.T, u *Upstream, key, encoding string, raw []byte) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequest("POST", u.URL(), bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	if encoding != "" {
		r.Header.Set("Content-Encoding", encoding)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	w, err := client.Do(r)
	if err != nil {
		return 0, err.Error(), nil
	}
	defer w.Body.Close()
	answer, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(answer), w.Header
}

func send(t *testing.T, u *Upstream, b body) {
	t.Helper()
	if status, answer, _ := post(t, u, b.key(), "", []byte(b.String())); status != 200 {
		t.Fatalf("%s: %d %s", b.key(), status, answer)
	}
}

func TestUpstreamAnswersWithAnEcho(t *testing.T) {
	u := upstream(t, nil)
	one := body{epoch: epochA, from: 1, to: 2}
	var gz, zs bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write([]byte(body{epoch: epochA, from: 3, to: 3}.String()))
	g.Close()
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	z.Write([]byte(body{epoch: epochA, from: 4, to: 4}.String()))
	z.Close()
	for _, tt := range []struct {
		encoding string
		raw      []byte
		want     string
	}{
		{"", []byte(one.String()), `{"epoch":"00000000000000aa","from":1,"to":2}`},
		{"gzip", gz.Bytes(), `{"epoch":"00000000000000aa","from":3,"to":3}`},
		{"zstd", zs.Bytes(), `{"epoch":"00000000000000aa","from":4,"to":4}`},
		{"", []byte(`{"version":1,"plant":{"id":"p"},"epoch":"00000000000000aa","from":0,"to":0,"batches":[]}`), `{"epoch":"00000000000000aa","from":0,"to":0}`},
	} {
		status, answer, header := post(t, u, tt.want, tt.encoding, tt.raw)
		if status != 200 || strings.TrimSpace(answer) != tt.want || header.Get("Content-Type") != "application/json" {
			t.Errorf("%q: %d %s (%s), want %s", tt.encoding, status, answer, header.Get("Content-Type"), tt.want)
		}
	}
	got := u.Tally()
	if got.Batches != 4 || got.Readings != 8 || got.Requests != 4 || got.Ticks != 1 || got.Holes+got.Repeats+got.Forks+got.OutOfOrder != 0 {
		t.Errorf("%+v", got)
	}
	if want := (Mark{epochA, 4}); got.Plants["p"].Last != want {
		t.Errorf("last %v, want %v", got.Plants["p"].Last, want)
	}
}

func TestFailuresByTurns(t *testing.T) {
	var file bytes.Buffer
	u := upstream(t, &file)
	u.Behave(Behaviour{FailEvery: 2})
	var statuses []int
	for seq := uint64(1); seq <= 4; seq++ {
		for status := 0; status != 200; {
			b := body{epoch: epochA, from: seq, to: seq}
			status, _, _ = post(t, u, b.key(), "", []byte(b.String()))
			statuses = append(statuses, status)
		}
	}
	// every second fails: before storing, then after, and so on; the repeat of a lost ack is told apart
	if got, want := fmt.Sprint(statuses), "[200 503 200 0 200 503 200]"; got != want {
		t.Errorf("answers %v, want %v", got, want)
	}
	g := u.Tally()
	if g.Batches != 4 || g.Readings != 8 || g.Repeats != 1 || g.Holes != 0 || g.Injected != 3 || g.OutOfOrder != 0 {
		t.Errorf("%+v", g)
	}
	if got := strings.Count(file.String(), "\n"); got != 4 {
		t.Errorf("%d lines, want 4", got)
	}
}

func TestBehaviours(t *testing.T) {
	u := upstream(t, nil)
	good := body{epoch: epochA, from: 1, to: 1}
	for _, tt := range []struct {
		name      string
		behaviour Behaviour
		status    int
		header    [2]string
	}{
		{"503", Behaviour{Status: 503, Retry: 7 * time.Second}, 503, [2]string{"Retry-After", "7"}},
		{"500 without a word", Behaviour{Status: 500}, 500, [2]string{"Retry-After", ""}},
		{"429", Behaviour{Status: 429}, 429, [2]string{}},
		{"401", Behaviour{Token: "secret"}, 401, [2]string{"Content-Type", "text/plain; charset=utf-8"}},
		{"portal", Behaviour{Portal: true}, 200, [2]string{"Content-Type", "text/html; charset=utf-8"}},
		{"413", Behaviour{MaxBytes: len(good.String()) - 1}, 413, [2]string{}},
		{"poison", Behaviour{Poison: &Poison{"mill.q_in", 1001}}, 400, [2]string{}},
	} {
		u.Behave(tt.behaviour)
		status, answer, header := post(t, u, good.key(), "", []byte(good.String()))
		if status != tt.status || header.Get(tt.header[0]) != tt.header[1] || strings.Contains(answer, "epoch") {
			t.Errorf("%s: %d %q %v", tt.name, status, answer, header)
		}
	}
	if g := u.Tally(); g.Batches != 0 || g.Injected != 7 || g.BadRequests != 0 {
		t.Errorf("%+v", g)
	}
	for i, b := range []Behaviour{{MaxBytes: len(good.String())}, {Poison: &Poison{"mill.q_in", 7}}, {Poison: &Poison{"mill.c_in", 1001}}, {Delay: time.Millisecond}} {
		u.Behave(b)
		if status, answer, _ := post(t, u, good.key(), "", []byte(good.String())); status != 200 {
			t.Errorf("harmless behaviour %d: %d %s", i, status, answer)
		}
	}
}

func TestDownAndUp(t *testing.T) {
	u := upstream(t, nil)
	send(t, u, body{epoch: epochA, from: 1, to: 1})
	u.Down()
	u.Down()
	if status, answer, _ := post(t, u, "k", "", nil); status != 0 || !strings.Contains(answer, "refused") {
		t.Errorf("while down: %d %s", status, answer)
	}
	for range 2 {
		if err := u.Up(); err != nil {
			t.Fatal(err)
		}
	}
	send(t, u, body{epoch: epochA, from: 2, to: 2})
	if g := u.Tally(); g.Batches != 2 || g.OutOfOrder != 0 {
		t.Errorf("%+v", g)
	}
}

func TestCloseCutsASlowAnswer(t *testing.T) {
	u := upstream(t, nil)
	u.Behave(Behaviour{Delay: time.Hour})
	var wg sync.WaitGroup
	wg.Go(func() {
		b := body{epoch: epochA, from: 1, to: 1}
		if status, answer, _ := post(t, u, b.key(), "", []byte(b.String())); status != 0 {
			t.Errorf("%d %s", status, answer)
		}
	})
	for u.Tally().Requests == 0 {
		runtime.Gosched()
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	if err := u.Up(); err != nil || u.Tally().Batches != 0 {
		t.Errorf("after Close: %v, %+v", err, u.Tally())
	}
}

func TestTheFileHoldsEveryRowOnce(t *testing.T) {
	var file bytes.Buffer
	u := upstream(t, &file)
	for _, b := range []body{
		{epoch: epochA, from: 1, to: 2},
		{epoch: epochA, from: 1, to: 2},
		{epoch: epochA, from: 2, to: 3, extra: "\n \"note\": [1,\n2],"},
		{epoch: epochA, from: 4, to: 4, extra: `"rows":{"from":1,"to":3},`, batches: []string{partOf(4, 1, 3)}},
		{epoch: epochA, from: 3, to: 6, batches: []string{batch(3, 2), batch(4, 4), standIn(epochA, 5, 6, 3)}},
	} {
		send(t, u, b)
	}
	seen := map[string]int{}
	for text := range strings.Lines(file.String()) {
		var d delivery
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, x := range d.Batches {
			if len(x.Events) > 0 {
				seen[fmt.Sprintf("gap %d", x.Events[0].Gap.Rows["mill"])]++
			}
			for _, r := range x.Readings {
				seen[string(r.Value)]++
			}
		}
	}
	want := map[string]int{"1000": 1, "1001": 1, "2000": 1, "2001": 1, "3000": 1, "3001": 1,
		"4000": 1, "4001": 1, "4002": 1, "4003": 1, "gap 3": 1}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("rows %v, want %v in\n%s", seen, want, file.String())
	}
	if got := strings.Count(file.String(), `"note":[1,2]`); got != 1 {
		t.Errorf("%d bodies with their own field, want 1:\n%s", got, file.String())
	}
}

func TestAFullDiskIsNotHidden(t *testing.T) {
	u := upstream(t, full{})
	b := body{epoch: epochA, from: 1, to: 1}
	for range 2 {
		if status, _, _ := post(t, u, b.key(), "", []byte(b.String())); status != 500 {
			t.Errorf("answered %d", status)
		}
	}
	if err := u.Close(); !errors.Is(err, bytes.ErrTooLarge) {
		t.Errorf("Close: %v", err)
	}
}

func TestStatusOverHTTP(t *testing.T) {
	u := upstream(t, nil)
	send(t, u, body{epoch: epochA, from: 1, to: 3})
	r, err := http.Get(strings.TrimSuffix(u.URL(), "/v1/batches") + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var got Tally
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if want := u.Tally(); fmt.Sprint(got) != fmt.Sprint(want) || got.Readings != 6 || got.Bytes == 0 {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for _, path := range []string{"/", "/v1/other"} {
		other, err := http.Post("http://"+u.addr+path, "application/json", nil)
		if err != nil {
			t.Fatal(err)
		}
		other.Body.Close()
		if other.StatusCode != 404 {
			t.Errorf("POST %s: %d", path, other.StatusCode)
		}
	}
}

func TestManyAgentsAtOnce(t *testing.T) {
	var file bytes.Buffer
	u := upstream(t, &file)
	u.Behave(Behaviour{FailEvery: 5})
	var wg sync.WaitGroup
	for agent := range 4 {
		wg.Go(func() {
			for seq := uint64(1); seq <= 25; seq++ {
				b := body{epoch: epochA, from: seq, to: seq}
				text := strings.Replace(b.String(), `"id":"p"`, fmt.Sprintf(`"id":"p%d"`, agent), 1)
				for status := 0; status != 200; {
					status, _, _ = post(t, u, fmt.Sprint(agent)+b.key(), "", []byte(text))
				}
			}
		})
	}
	wg.Go(func() {
		for range 100 {
			u.Tally()
		}
	})
	wg.Wait()
	g := u.Tally()
	if g.Batches != 100 || g.Readings != 200 || g.Holes+g.Forks+g.OutOfOrder != 0 || len(g.Plants) != 4 || g.Repeats == 0 {
		t.Errorf("%+v", g)
	}
	if got := strings.Count(file.String(), "\n"); got != 100 {
		t.Errorf("%d lines, want 100", got)
	}
}
