package http

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"recoup/agent"
	"recoup/agent/payload"
)

// deliveryOf makes batches of 40 readings from seq on.
func deliveryOf(seq uint64, batches int) agent.Delivery {
	d := agent.Delivery{Epoch: 0xe1, From: seq, To: seq + uint64(batches) - 1}
	for n := range uint64(batches) {
		received := fixed.Add(time.Duration(seq+n) * time.Second)
		b := &agent.Batch{Mark: agent.Mark{Epoch: 0xe1, Seq: seq + n}, Source: "a", Received: received, Boot: 1, Mono: seq + n}
		for i := range 40 {
			v := agent.Float32Value(float32(40000 + 100*math.Sin(float64(int(seq+n)*(i+1)))))
			b.Readings = append(b.Readings, agent.Reading{Tag: suiteTags[i%2], Time: received, Value: v, Quality: agent.Good})
		}
		d.Batches = append(d.Batches, b)
	}
	return d
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error is %v, want one with %q", err, part)
		}
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("error shows the secret: %v", err)
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no url", "compression: zstd", "http.url"},
		{"plain http", "url: http://ingest.example.com/", "http.url"},
		{"plain http on purpose", "url: http://ingest.example.com/\ninsecure: true", ""},
		{"a password in it", "url: https://u:" + secret + "@ingest.example.com/", "http.url"},
		{"unknown compression", "url: https://x/\ncompression: lzma", "http.compression"},
		{"all at once", "url: ftp://x/\ncompression: lzma\nuser: u\ntimeout: 1ns", "http.url http.user http.timeout http.compression"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(spec("", c.text))
			var faults agent.Faults
			errors.As(err, &faults)
			var paths []string
			for _, f := range faults {
				paths = append(paths, f.Path)
			}
			if got := strings.Join(paths, " "); got != c.want {
				t.Errorf("faults are at %q, want %q: %v", got, c.want, err)
			}
			wantError(t, err)
		})
	}
}

func TestNewChecksWhatCouldBeRead(t *testing.T) {
	s := spec("", "")
	s.Decode = func(into any) error {
		into.(*section).Compression = "lzma"
		return agent.Faults{{Path: "http.url", Msg: "a list where a text is wanted"}}
	}
	_, err := New(s)
	wantError(t, err, "http.url: a list", "http.compression: unknown compression")
	if strings.Count(err.Error(), "http.url") != 1 {
		t.Errorf("the address is reported twice: %v", err)
	}
}

func TestExampleBuilds(t *testing.T) {
	for name, text := range map[string]string{"as it is": example, "with all that is commented out": strings.ReplaceAll(example, "    # ", "    ")} {
		t.Run(name, func(t *testing.T) {
			if name != "as it is" { // prose is no YAML, and a token and a user exclude each other
				text = strings.NewReplacer("    instead of a token:\n", "", "    a certificate of our own, and one more authority to trust:\n", "",
					"token_file", "#").Replace(text)
			}
			var entries []struct {
				Name string
				HTTP section `yaml:"http"`
			}
			if err := yaml.UnmarshalWithOptions([]byte(text), &entries, yaml.Strict()); err != nil {
				t.Fatal(err)
			}
			s := spec("", "")
			s.Decode = func(into any) error { *into.(*section) = entries[0].HTTP; return nil }
			if _, err := New(s); err != nil || entries[0].Name != "hq" || Kind().Example != example {
				t.Errorf("the example of %q does not build: %v", entries[0].Name, err)
			}
		})
	}
}

func TestCompressions(t *testing.T) {
	for _, c := range []struct{ line, encoding string }{
		{"compression: zstd", "zstd"}, {"", "zstd"}, {"compression: gzip", "gzip"}, {"compression: none", ""},
	} {
		t.Run(c.line, func(t *testing.T) {
			r, server := newReceiver(t, suiteTags)
			u := open(t, server.URL, c.line)
			for n := range uint64(3) {
				if err := u.Send(t.Context(), deliveryOf(1+n*20, 20)); err != nil {
					t.Fatal(err)
				}
			}
			if got := r.lastHeader().Get("Content-Encoding"); got != c.encoding {
				t.Errorf("Content-Encoding is %q, want %q", got, c.encoding)
			}
			if got, want := len(r.rows()), 3*20*40; got != want {
				t.Errorf("%d rows arrived, want %d", got, want)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	u := open(t, server.URL)
	d := deliveryOf(41, 2)
	if err := u.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	h := r.lastHeader()
	for name, want := range map[string]string{
		"Idempotency-Key": "cq-mill-2/00000000000000e1/41-42", "Authorization": "Bearer " + secret,
		"Content-Type": "application/vnd.recoup.batches+json; version=1", "User-Agent": "recoup/" + u.header.Agent.Version,
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	one := deliveryOf(43, 1)
	one.Rows = agent.Rows{From: 3, To: 5}
	one.Batches = []*agent.Batch{one.Rows.Of(one.Batches[0])}
	if err := u.Send(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if got, want := r.lastHeader().Get("Idempotency-Key"), "cq-mill-2/00000000000000e1/43-43/3-5"; got != want {
		t.Errorf("key of a part is %q, want %q", got, want)
	}
}

func TestTokenMayChangeWhileRunning(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	dir := t.TempDir()
	built, err := New(spec(dir, "url: "+server.URL+"\ntoken_file: token"))
	if err != nil {
		t.Fatal(err)
	}
	defer built.Close()
	wantError(t, built.Send(t.Context(), deliveryOf(1, 1)), "token_file", "is missing")
	for _, token := range []string{"first", "second"} {
		if err := os.WriteFile(filepath.Join(dir, "token"), []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := built.Send(t.Context(), deliveryOf(1, 1)); err != nil {
			t.Fatal(err)
		}
		if got, want := r.lastHeader().Get("Authorization"), "Bearer "+token; got != want {
			t.Errorf("Authorization is %q, want %q", got, want)
		}
	}
}

func TestWhatCannotBeWrittenIsPermanent(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	d := deliveryOf(1, 1)
	d.Batches[0].Results = []agent.Result{{KPI: "k", Quality: agent.Good, Value: math.NaN()}}
	err := open(t, server.URL).Send(t.Context(), d)
	wantError(t, err, "value is NaN")
	if !agent.IsPermanent(err) || len(r.rows()) != 0 {
		t.Errorf("permanent is %v with %d rows sent, want true with none", agent.IsPermanent(err), len(r.rows()))
	}
}

func TestSilentServerEndsInATimeout(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	err := open(t, server.URL, "timeout: 200ms").Send(t.Context(), deliveryOf(1, 1))
	wantError(t, err, "no answer in time", "timeout")
	if agent.IsPermanent(err) || agent.ReasonFor(err).Code != agent.Timeout || errors.Is(err, context.Canceled) {
		t.Errorf("a silent server gives %v with reason %v, want a passing timeout", err, agent.ReasonFor(err).Code)
	}
}

func TestAnswerInPieces(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	r.play(func(w http.ResponseWriter, q *http.Request) {
		answer := httptest.NewRecorder()
		r.take(answer, q)
		for _, b := range answer.Body.Bytes() {
			if _, err := w.Write([]byte{b}); err != nil {
				t.Error(err)
			}
			w.(http.Flusher).Flush()
		}
	})
	if err := open(t, server.URL).Send(t.Context(), deliveryOf(1, 10)); err != nil {
		t.Errorf("Send: %v", err)
	}
}

func TestServerThatIsGone(t *testing.T) {
	_, server := newReceiver(t, nil)
	u := open(t, server.URL)
	server.Close()
	err := u.Send(t.Context(), deliveryOf(1, 1))
	wantError(t, err, server.Listener.Addr().String())
	if agent.IsPermanent(err) || agent.ReasonFor(err).Code != agent.NoConnection {
		t.Errorf("error %v has reason %v, want a passing no_connection", err, agent.ReasonFor(err).Code)
	}
}

// A server that refuses by the headers alone gets no body.
func TestLargeBodyIsNotSentToWhoRefusesIt(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	u := open(t, server.URL, "compression: none")
	d := deliveryOf(1, 300) // more than 1 MB
	r.play(status(http.StatusRequestEntityTooLarge, ""))
	for range 5 {
		if err := u.Send(t.Context(), d); !agent.IsTooLarge(err) {
			t.Fatalf("Send: %v, want too large", err)
		}
	}
	if sent := u.count.bytes.Load(); sent != 0 {
		t.Errorf("%d bytes were sent of what was refused by its headers, want 0", sent)
	}
	r.play(nil)
	if err := u.Send(t.Context(), d); err != nil {
		t.Errorf("Send: %v", err)
	}
}

// A server may answer while the body is still on its way: what net/http goes on
// reading must not be the next delivery's bytes. The race detector looks on.
func TestEarlyAnswerLeavesTheBufferAlone(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	u := open(t, server.URL, "compression: none")
	u.blunt = true
	for n := range uint64(10) {
		r.play(status(http.StatusServiceUnavailable, ""))
		if err := u.Send(t.Context(), deliveryOf(1+n*100, 300)); err == nil {
			t.Fatal("Send = nil, want 503")
		}
		r.play(nil)
		if err := u.Send(t.Context(), deliveryOf(1+n*100, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := len(r.rows()), 10*40; got != want {
		t.Errorf("%d rows arrived, want %d", got, want)
	}
}

func TestBufferTakenBackIsNotRead(t *testing.T) {
	var sent atomic.Uint64
	body := &lent{data: []byte("delivery"), sent: &sent}
	first, again := body.reader(), body.reader()
	if text, err := io.ReadAll(first); string(text) != "delivery" || err != nil || sent.Load() != 8 {
		t.Errorf("body reads %q, %v with %d bytes sent, want all 8", text, err, sent.Load())
	}
	body.takeBack()
	if text, err := io.ReadAll(again); len(text) > 0 || err == nil {
		t.Errorf("body taken back reads %q, %v, want an error", text, err)
	}
}

func TestServerThatDoesNotKnowExpect(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	u := open(t, server.URL, "compression: none")
	r.play(func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Expect") != "" {
			w.WriteHeader(http.StatusExpectationFailed)
			return
		}
		r.take(w, q)
	})
	wantError(t, u.Send(t.Context(), deliveryOf(1, 100)), "417")
	if err := u.Send(t.Context(), deliveryOf(1, 100)); err != nil {
		t.Errorf("Send without Expect: %v", err)
	}
}

func TestReport(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	u := open(t, server.URL)
	if err := u.Send(t.Context(), deliveryOf(1, 1)); err != nil {
		t.Fatal(err)
	}
	r.play(status(http.StatusServiceUnavailable, ""))
	for range 2 {
		if err := u.Send(t.Context(), deliveryOf(2, 1)); err == nil {
			t.Fatal("Send = nil, want 503")
		}
	}
	server.Close()
	if err := u.Send(t.Context(), deliveryOf(2, 1)); err == nil {
		t.Fatal("Send = nil, want no answer")
	}
	got := map[string]float64{}
	for _, m := range u.Report() {
		name := m.Name
		for _, l := range m.Labels {
			name += " " + l.Value
		}
		if m.Help == "" || m.Type != agent.CounterMetric {
			t.Errorf("metric %s has type %v and help %q", name, m.Type, m.Help)
		}
		got[name] = m.Value
	}
	for name, want := range map[string]float64{
		"recoup_http_requests_total hq 200": 1, "recoup_http_requests_total hq 503": 2, "recoup_http_requests_total hq none": 1,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if sent := got["recoup_http_sent_bytes_total hq"]; sent < float64(r.bodies) || r.bodies == 0 {
		t.Errorf("bytes sent are %v, want %d or more", sent, r.bodies)
	}
}

func BenchmarkPack(b *testing.B) {
	for _, name := range []string{"zstd", "gzip"} {
		b.Run(name, func(b *testing.B) {
			built, err := New(spec("", "url: http://127.0.0.1/\ncompression: "+name))
			if err != nil {
				b.Fatal(err)
			}
			u, d, packed := built.(*Upstream), deliveryOf(1, 60), []byte(nil)
			for b.Loop() {
				if u.plain, err = payload.Append(u.plain[:0], u.header, d); err != nil {
					b.Fatal(err)
				}
				if packed, err = u.pack.pack(u.plain); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2400, "ns/reading")
			b.ReportMetric(float64(len(packed))/2400, "B/reading")
		})
	}
}
