package modbus

import (
	"fmt"
	"strings"
	"testing"

	"recoup/agent"
)

func TestReport(t *testing.T) {
	p := newPeer(t)
	tags := tagsAt("holding 10", "unit 2 holding 65000")
	d := openDriver(t, p, "", tags)
	mustRead(t, d, tags)
	var lines []string
	for _, m := range d.Report() {
		if m.Type != agent.CounterMetric || m.Help == "" || !strings.HasSuffix(m.Name, "_total") {
			t.Errorf("%s: type %d, help %q; want a counter with a help text", m.Name, m.Type, m.Help)
		}
		var labels []string
		for _, l := range m.Labels {
			labels = append(labels, l.Name+"="+l.Value)
		}
		lines = append(lines, fmt.Sprintf("%s{%s} %g", strings.TrimPrefix(m.Name, "recoup_modbus_"), strings.Join(labels, ","), m.Value))
	}
	want := `requests_total{source=mill,unit_id=1} 1
requests_total{source=mill,unit_id=2} 1
timeouts_total{source=mill,unit_id=1} 0
timeouts_total{source=mill,unit_id=2} 0
exceptions_total{source=mill,unit_id=2,code=2} 1
protocol_errors_total{source=mill,kind=byte_count} 0
protocol_errors_total{source=mill,kind=function} 0
protocol_errors_total{source=mill,kind=length} 0
protocol_errors_total{source=mill,kind=protocol_id} 0
protocol_errors_total{source=mill,kind=transaction_id} 0
protocol_errors_total{source=mill,kind=unit_id} 0
late_replies_total{source=mill} 0
reconnects_total{source=mill} 0`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("Report gives\n%s\nwant\n%s", got, want)
	}
}

// Any goroutine may report while another reads; the race detector judges.
func TestReportWhileReading(t *testing.T) {
	tags := tagsAt("holding 10", "unit 2 holding 65000")
	d := openDriver(t, newPeer(t), "", tags)
	done := make(chan int)
	go func() {
		series := 0
		for range 100 {
			series = len(d.Report())
		}
		done <- series
	}()
	for range 100 {
		mustRead(t, d, tags)
	}
	if got := <-done; got < 12 {
		t.Errorf("%d series, want at least 12", got)
	}
}

func TestExceptionNames(t *testing.T) {
	cases := map[uint8]string{
		1: "illegal function", 2: "illegal data address", 4: "server device failure", 6: "server device busy", 7: "not in the specification",
		11: "gateway target device failed to respond", 12: "not in the specification", 255: "not in the specification", 0: "not in the specification",
	}
	for code, want := range cases {
		if got := exceptionName(code); got != want {
			t.Errorf("exception %d is %q, want %q", code, got, want)
		}
	}
}
