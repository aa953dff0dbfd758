package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
	"recoup/agent/config"
)

// show is a running demo.
type show struct {
	*world
	out, errOut bytes.Buffer
	stop        context.CancelFunc
	ended       chan error
}

// present plays a demo of a few days.
func present(t *testing.T, days int, drill scenario) *show {
	t.Helper()
	sh := &show{world: &world{page: freePort(t)}, ended: make(chan error, 1)}
	var ctx context.Context
	ctx, sh.stop = context.WithCancel(t.Context())
	t.Cleanup(sh.stop)
	s := session{ctx: ctx, log: agenttest.Quiet(), out: &sh.out, err: &sh.errOut}
	d := demoCommand{Days: days, Seed: 1, Listen: sh.page, Dir: t.TempDir()}
	go func() { sh.ended <- d.play(s, drill) }()
	until(t, "good live values of every tag on the page", func() bool {
		metrics := sh.get("/metrics")
		for _, tag := range sh.tags(d.Dir) {
			if metric(metrics, fmt.Sprintf("recoup_tag_quality{source=%q,tag=%q}", tag.Source, tag.Name)) != "2" {
				return false
			}
		}
		return true
	})
	return sh
}

// tags are those of the demo's configuration.
func (sh *show) tags(folder string) []*agent.Tag {
	cfg, err := config.Load(filepath.Join(folder, "recoup.yaml"))
	if err != nil {
		return []*agent.Tag{{Name: "the configuration is not there yet"}}
	}
	return cfg.Tags
}

// end stops the demo and checks its last words.
func (sh *show) end(t *testing.T) {
	t.Helper()
	sh.stop()
	if err := <-sh.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	for _, want := range []string{`holes 0, repeats 0, unsent batches 0`, `requests, 0 of them other than reads`} {
		if !regexp.MustCompile(want).MatchString(sh.out.String()) {
			t.Errorf("the last words lack %q:\n%s", want, sh.out.String())
		}
	}
}

// behind is by how many seconds the upstream is.
func (sh *show) behind() float64 {
	v, err := strconv.ParseFloat(metric(sh.get("/metrics"), `recoup_upstream_behind_seconds{upstream="hq"}`), 64)
	if err != nil {
		return math.Inf(1)
	}
	return v
}

// TestDemo: a few days of history of three plants, then live; the page shows
// results with their reasons at once and live values soon; Ctrl-C leaves nothing
// unsent.
func TestDemo(t *testing.T) {
	t.Parallel()
	sh := present(t, 2, usual())
	for _, kpi := range []string{"mill.oil.removal", "acid.h2so4.recovery_loss", "glass.power.share_net"} {
		for _, window := range []string{"shift", "day"} {
			if v := metric(sh.get("/metrics"), fmt.Sprintf(`recoup_kpi_value{kpi=%q,unit="1",window=%q}`, kpi, window)); v == "" {
				t.Errorf("no %s of a %s beside the first live values", kpi, window)
			}
		}
	}
	en, zh := sh.get("/?lang=en"), sh.get("/?lang=zh")
	if !strings.Contains(en, "target missed") || !strings.Contains(en, "How this figure came about") || !strings.Contains(zh, "不达标") {
		t.Error("the page does not show the bad night with its reasons in both languages")
	}
	until(t, "the upstream's verified counter growing", func() bool {
		v := metric(sh.get("/metrics"), `recoup_upstream_delivered_readings_total{upstream="hq"}`)
		return v != "" && v != "0"
	})
	sh.end(t)
	if sh.errOut.Len() > 0 {
		t.Errorf("complaints:\n%s", sh.errOut.String())
	}
}

// TestDrillUpstream: the upstream was away for hours and comes back: the page
// says so, all of it is delivered, and why says that the figure does not suffer.
func TestDrillUpstream(t *testing.T) {
	t.Parallel()
	s, err := scenarioNamed("upstream-week")
	if err != nil {
		t.Fatal(err)
	}
	s.days, s.away, s.comes = 1, 6*time.Hour, 5*time.Second
	sh := present(t, s.days, s)
	until(t, "an alarm about the upstream", func() bool {
		return metric(sh.get("/metrics"), `recoup_events_active{kind="upstream_down"}`) == "1"
	})
	if behind := sh.behind(); behind < 20_000 {
		t.Errorf("the upstream is %g s behind, want about 6 h", behind)
	}
	for lang, want := range map[string]string{"en": "takes no deliveries", "zh": "不接收数据"} {
		if !strings.Contains(sh.get("/?lang="+lang), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	until(t, "all of it delivered", func() bool {
		return metric(sh.get("/metrics"), `recoup_events_active{kind="upstream_down"}`) == "0" && sh.behind() < 60
	})
	sh.end(t)
}

// TestDrillDisk: the disk is full for a while: the page says so, polling goes on,
// nothing is lost.
func TestDrillDisk(t *testing.T) {
	t.Parallel()
	s, err := scenarioNamed("disk-full")
	if err != nil {
		t.Fatal(err)
	}
	s.full = func(since time.Duration) bool { return since >= 3*time.Second && since < 12*time.Second }
	sh := present(t, s.days, s)
	active := func() string { return metric(sh.get("/metrics"), `recoup_events_active{kind="disk"}`) }
	until(t, "an alarm about the disk", func() bool { return active() == "1" })
	for lang, want := range map[string]string{"en": "no space left", "zh": "本地缓存无法写入"} {
		if !strings.Contains(sh.get("/?lang="+lang), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	until(t, "the disk taking batches again", func() bool { return active() == "0" })
	sh.end(t)
	tally := regexp.MustCompile(`has (\d+) readings`).FindStringSubmatch(sh.out.String())
	if tally == nil || len(tally[1]) < 3 {
		t.Errorf("it says %q", sh.out.String())
	}
}
