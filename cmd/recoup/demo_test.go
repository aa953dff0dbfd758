package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
)

// TestDemo: a few days of history, then live; the page shows results with their
// reasons at once and live values soon; Ctrl-C leaves nothing unsent.
func TestDemo(t *testing.T) {
	w := &world{page: freePort(t)}
	ctx, stop := context.WithCancel(t.Context())
	var out, errOut bytes.Buffer
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"demo", "--days", "2", "--listen", w.page}, &out, &errOut) }()
	until(t, "live values on the page", func() bool {
		return metric(w.get("/metrics"), `recoup_tag_quality{source="mill",tag="mill.q_in"}`) == "2"
	})
	for _, window := range []string{"shift", "day"} {
		if v := metric(w.get("/metrics"), `recoup_kpi_value{kpi="mill.oil.removal",unit="1",window="`+window+`"}`); v == "" {
			t.Errorf("no result of a %s beside the first live values", window)
		}
	}
	en, zh := w.get("/?lang=en"), w.get("/?lang=zh")
	if !strings.Contains(en, "target missed") || !strings.Contains(en, "How this figure came about") || !strings.Contains(zh, "不达标") {
		t.Error("the page does not show the bad night with its reasons in both languages")
	}
	until(t, "the upstream's verified counter growing", func() bool {
		v := metric(w.get("/metrics"), `recoup_upstream_delivered_readings_total{upstream="hq"}`)
		return v != "" && v != "0"
	})
	stop()
	if got := <-code; got != exitDone {
		t.Fatalf("exit %d; it said %s", got, errOut.String())
	}
	for _, want := range []string{`holes 0, repeats 0, unsent batches 0`, `requests, 0 of them other than reads`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the last words lack %q:\n%s", want, out.String())
		}
	}
	if errOut.Len() > 0 {
		t.Errorf("complaints:\n%s", errOut.String())
	}
}
