package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"recoup/agent"
)

// metrics serves /metrics. All comes from the board at scrape time: there is no
// second set of books.
func (s *Server) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector{s.board.Snapshot, s.board.Metrics},
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            &changeLog{log: s.log},
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: 4,
		EnableOpenMetrics:   true,
	})
}

// changeLog logs a scrape's fault once until another one comes.
type changeLog struct {
	log *slog.Logger

	mu   sync.Mutex // guards last
	last string     // without digits: the fault of a counter names its value
}

// Println is what promhttp calls with a fault.
func (c *changeLog) Println(v ...any) {
	text := fmt.Sprint(v...)
	kind := strings.Map(withoutDigits, text)
	c.mu.Lock()
	changed := kind != c.last
	c.last = kind
	c.mu.Unlock()
	if changed {
		c.log.Error("metrics are not complete", "err", text)
	}
}

func withoutDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}

// collector turns the board into samples. It describes nothing beforehand,
// because parts bring metrics of their own.
type collector struct {
	snapshot func() agent.Snapshot
	reported func() []agent.Metric
}

// Describe makes the collector an unchecked one.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect gives the samples of one scrape.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	snap := c.snapshot()
	out := scrape{ch: ch, descs: map[string]*prometheus.Desc{}}
	out.gauge("recoup_build_info", 1, snap.Version, runtime.Version())
	if snap.Revision != "" {
		out.gauge("recoup_config_info", 1, snap.Revision)
	}
	tagMetrics(&out, &snap)
	sourceMetrics(&out, &snap)
	resultMetrics(&out, snap.Results)
	commitMetrics(&out, &snap.Commit)
	upstreamMetrics(&out, &snap)
	eventMetrics(&out, &snap)
	reported := c.reported()
	diagnosisMetrics(&out, &snap, reported)
	for _, m := range reported {
		out.reported(m)
	}
}

// scrape writes samples of the metrics that ownMetrics describes, and of those
// that parts report.
type scrape struct {
	ch    chan<- prometheus.Metric
	descs map[string]*prometheus.Desc
}

func (s *scrape) gauge(name string, v float64, labels ...string) {
	s.sample(name, prometheus.GaugeValue, v, labels)
}

func (s *scrape) counter(name string, v float64, labels ...string) {
	s.sample(name, prometheus.CounterValue, v, labels)
}

func (s *scrape) sample(name string, kind prometheus.ValueType, v float64, labels []string) {
	desc := s.desc(name)
	m, err := prometheus.NewConstMetric(desc, kind, v, valid(labels)...)
	s.send(desc, m, err)
}

func (s *scrape) histogram(name string, h *agent.Histogram, labels ...string) {
	desc := s.desc(name)
	m, err := prometheus.NewConstHistogram(desc, h.Count, h.Sum, cumulative(h), valid(labels)...)
	s.send(desc, m, err)
}

func (s *scrape) send(desc *prometheus.Desc, m prometheus.Metric, err error) {
	if err != nil {
		m = prometheus.NewInvalidMetric(desc, err)
	}
	s.ch <- m
}

func (s *scrape) desc(name string) *prometheus.Desc {
	if d := s.descs[name]; d != nil {
		return d
	}
	for _, m := range ownMetrics() {
		s.descs[m.name] = prometheus.NewDesc(m.name, m.help, m.labels, nil)
	}
	d := s.descs[name]
	if d == nil {
		panic("BUG: metric " + name + " is not described")
	}
	return d
}

// reported passes on a sample that a part gave of itself.
func (s *scrape) reported(m agent.Metric) {
	names, values := make([]string, len(m.Labels)), make([]string, len(m.Labels))
	for i, l := range m.Labels {
		names[i], values[i] = l.Name, l.Value
	}
	desc := prometheus.NewDesc(m.Name, m.Help, names, nil)
	var (
		out prometheus.Metric
		err error
	)
	switch {
	case m.Type == agent.HistogramMetric && m.Histogram == nil:
		err = fmt.Errorf("histogram %s has no buckets", m.Name)
	case m.Type == agent.HistogramMetric:
		out, err = prometheus.NewConstHistogram(desc, m.Histogram.Count, m.Histogram.Sum, cumulative(m.Histogram), valid(values)...)
	case m.Type == agent.CounterMetric:
		out, err = prometheus.NewConstMetric(desc, prometheus.CounterValue, m.Value, valid(values)...)
	default:
		out, err = prometheus.NewConstMetric(desc, prometheus.GaugeValue, m.Value, valid(values)...)
	}
	s.send(desc, out, err)
}

func cumulative(h *agent.Histogram) map[float64]uint64 {
	buckets, sum := make(map[float64]uint64, len(h.Bounds)), uint64(0)
	for i, bound := range h.Bounds {
		sum += h.Counts[i]
		buckets[bound] = sum
	}
	return buckets
}

// valid makes label values UTF-8 in place: names may come from a PLC.
func valid(labels []string) []string {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "\ufffd")
	}
	return labels
}
