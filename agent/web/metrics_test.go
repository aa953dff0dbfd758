package web

import (
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"recoup/agent"
)

// scraped gives /metrics of a snapshot without what Go and the process add.
func scraped(t *testing.T, snap agent.Snapshot, parts []agent.Metric, log promhttp.Logger) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{func() agent.Snapshot { return snap }, func() []agent.Metric { return parts }})
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, ErrorLog: log}).ServeHTTP(w, request("GET", "/metrics"))
	if w.Code != 200 {
		t.Fatalf("a scrape gave %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	text := scraped(t, snapshot(board(t)), metricsOfParts(), nil)
	text = regexp.MustCompile(`go_version="[^"]*"`).ReplaceAllString(text, `go_version="go"`)
	golden(t, "metrics.txt", text)
	for _, m := range ownMetrics() {
		if !strings.Contains(text, "# HELP "+m.name+" ") {
			t.Errorf("%s is described and never given", m.name)
		}
	}
	for _, forbidden := range []string{
		`recoup_tag_value{source="mill",tag="mill.c_out"`, `recoup_tag_value{source="wash"`, `recoup_kpi_value{kpi="mill.oil.removal",unit="1",window="month"}`, "0.777",
	} {
		if strings.Contains(text, forbidden) {
			t.Errorf("%s is given, which nobody knows", forbidden)
		}
	}
}

func TestMetricsEndpointHasTheProcessToo(t *testing.T) {
	w := get(t, server(t, board(t), nil), "/metrics")
	for _, want := range []string{"go_goroutines ", "recoup_build_info{", `recoup_events_active{kind="disk"} 0`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
}

func TestStrangeMetricsDoNotSpoilTheOthers(t *testing.T) {
	book := &logbook{}
	log := &changeLog{log: slog.New(slog.NewTextHandler(book, nil))}
	snap := snapshot(board(t))
	snap.Tags[0].Tag = &agent.Tag{Name: "bad\xffname", Source: "mill", Every: 1e9}
	strange := []agent.Metric{
		{Name: "recoup_bad name", Help: "h", Value: 1, Labels: []agent.Label{{Name: "no good\xff", Value: "x"}}},
		{Name: "recoup_source_up", Help: "another text", Value: 1, Labels: []agent.Label{{Name: "source", Value: "mill"}}},
		{Name: "recoup_twice", Help: "h", Value: 1}, {Name: "recoup_twice", Help: "h", Value: 2},
		{Name: "recoup_no_buckets", Help: "h", Type: agent.HistogramMetric},
		{Name: "recoup_fine_total", Help: "h", Type: agent.CounterMetric, Labels: []agent.Label{{Name: "a", Value: "\xff<script>"}}, Value: 5},
	}
	for i := range 3 {
		strange[3].Value = float64(10 + i)
		text := scraped(t, snap, strange, log)
		for _, want := range []string{"recoup_tag_quality{source=\"mill\",tag=\"bad\ufffdname\"} 2", "recoup_fine_total{a=\"\ufffd<script>\"} 5", `recoup_upstream_up{upstream="hq"} 0`} {
			if !strings.Contains(text, want) {
				t.Errorf("the scrape lost %s", want)
			}
		}
	}
	if n := strings.Count(book.text.String(), "\n"); n != 1 {
		t.Errorf("%d lines logged for three like scrapes, want 1:\n%s", n, book.text.String())
	}
}

func BenchmarkMetrics(b *testing.B) {
	board, snap := crowd(1000)
	_ = board
	c := collector{func() agent.Snapshot { return snap }, func() []agent.Metric { return nil }}
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	for b.Loop() {
		if _, err := registry.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
