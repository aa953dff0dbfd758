package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/agent/say"
	"recoup/buffer"
	"recoup/sim"
)

//go:embed demo.yaml
var demoConfig string

type demoCommand struct {
	Scenario string `placeholder:"NAME" help:"A training drill instead of the usual incidents; --scenario help lists them."`
	Days     int    `default:"35" help:"Days of history (default ${default})."`
	Seed     uint64 `default:"1" help:"Another seed is another plant (default ${default})."`
	Dir      string `placeholder:"FOLDER" help:"Keep configuration and buffer there; without it a temporary folder is removed at the end."`
	Listen   string `default:"127.0.0.1:9466" help:"Address of the page (default ${default}; any free port when it is taken)."`
	Truth    string `placeholder:"FOLDER" help:"Write the plants' hidden truth there, for comparison. The agent never reads it."`
}

func (d demoCommand) Run(s session) error {
	if d.Scenario == "help" {
		return listScenarios(s)
	}
	drill, err := scenarioNamed(d.Scenario)
	if err != nil {
		return err
	}
	return d.play(s, drill)
}

// play sets the stage, fills the buffer with the past and goes on live.
func (d demoCommand) play(s session, drill scenario) error {
	if d.Days < drill.days || d.Days > 400 {
		return usageError(fmt.Sprintf("--days %d: give %d to 400", d.Days, drill.days))
	}
	dir, remove, err := d.folder()
	if err != nil {
		return err
	}
	defer remove()
	fmt.Fprintf(s.out, "recoup demo: a rolling mill recovers oil mist, an acid works regenerates sulfuric acid, a glass works makes power of waste heat\n\n")
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	night := lastNight(time.Now(), zone)
	stage, err := d.raise(s.ctx, dir, &drill, night)
	if err != nil && s.ctx.Err() != nil {
		return nil // ended while the plants came to the present
	}
	if err != nil {
		return err
	}
	closing := sync.OnceValue(stage.close)
	defer closing()
	quiet := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := d.history(s, stage, &drill, quiet); err != nil || s.ctx.Err() != nil {
		return err
	}
	a, cfg, err := load(stage.config, quiet)
	if err != nil {
		return err
	}
	stage.say(s, cfg)
	drill.say(s, cfg, stage.config, night)
	return errors.Join(d.live(s, stage, &drill, a), closing())
}

func listScenarios(s session) error {
	fmt.Fprintln(s.out, "Training drills, \"recoup demo --scenario NAME\"; the page's manual has a chapter on each:")
	for _, one := range scenarios() {
		fmt.Fprintf(s.out, "  %-16s %s\n", one.name, one.about)
	}
	return nil
}

// say tells where everything is.
func (st *demoStage) say(s session, cfg *config.Config) {
	fmt.Fprintf(s.out, "  mill       tcp://%s   simulated, Modbus TCP, units 1 and 2\n", st.mill.Server.Addr())
	fmt.Fprintf(s.out, "  acid       %s   simulated, OPC UA, signed and encrypted; laboratory files in %s\n", st.acid.Address(), filepath.Join(cfg.Dir, demoLab))
	fmt.Fprintf(s.out, "  glass      tcp://%s   simulated, Modbus TCP, units 10 to 12\n", st.glass.Server.Addr())
	fmt.Fprintf(s.out, "  upstream   %s   verifies every delivery\n", strings.Replace(st.up.URL(), "/v1/batches", "/status", 1))
	fmt.Fprintf(s.out, "  config     %s\n", st.config)
	fmt.Fprintf(s.out, "\n  page       http://%s/   <- open this; Ctrl-C ends the demo\n\n", cfg.Web.Listen)
}

// say tells what the drill is about, and where to look.
func (sc *scenario) say(s session, cfg *config.Config, path string, night time.Time) {
	if sc.name == "" {
		return
	}
	fmt.Fprintf(s.out, "  drill      %s: %s\n", sc.name, sc.about)
	fmt.Fprintf(s.out, "  ask        recoup why -c %s %s %s\n", path, sc.figure, sc.question(night))
	fmt.Fprintf(s.out, "  manual     http://%s/manual/drill-%s\n\n", cfg.Web.Listen, sc.name)
}

// folder gives where the demo works, and how to leave it.
func (d demoCommand) folder() (dir string, remove func(), err error) {
	if d.Truth != "" {
		if err := os.MkdirAll(d.Truth, 0o755); err != nil {
			return "", nil, err
		}
	}
	if d.Dir != "" {
		if old, err := os.ReadDir(d.Dir); err == nil && len(old) > 0 {
			return "", nil, usageError(fmt.Sprintf("--dir %s is not empty: give a new folder, or \"recoup run -c %s\" to go on with an earlier demo", d.Dir, filepath.Join(d.Dir, "recoup.yaml")))
		}
		return d.Dir, func() {}, os.MkdirAll(d.Dir, 0o755)
	}
	dir, err = os.MkdirTemp("", "recoup-demo-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// freeAddress gives address when it can be listened on, else any free port.
func freeAddress(address string) string {
	for _, try := range []string{address, "127.0.0.1:0"} {
		if l, err := net.Listen("tcp", try); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	return address
}

// live runs plants and agent until Ctrl-C, the agent first to end, so that
// nothing stays unsent.
func (d demoCommand) live(s session, st *demoStage, drill *scenario, a *agent.Agent) error {
	world, endWorld := context.WithCancel(context.WithoutCancel(s.ctx))
	defer endWorld()
	var running sync.WaitGroup
	var plantErr, awayErr error
	running.Go(func() { plantErr = st.run(world) })
	if drill.away > 0 {
		st.up.Down()
		running.Go(func() { awayErr = comeBack(s.ctx, st.up, drill.comes) })
	}
	if drill.full != nil {
		began := time.Now()
		a.Store = fillingDisk{a.Store.(*buffer.Store), func() bool { return drill.full(time.Since(began)) }}
	}
	err := a.Run(s.ctx)
	asked, other, countErr := st.requests()
	endWorld()
	running.Wait()
	counts, newest := st.up.Tally(), a.Board.Snapshot().Newest.Seq
	unsent := newest - min(newest, counts.Plants["demo-park"].Last.Seq)
	fmt.Fprintf(s.out, "\nstopped: the upstream has %d readings and %d results in %d batches; holes %d, repeats %d, unsent batches %d\n",
		counts.Readings, counts.Results, counts.Batches, counts.Holes, counts.Repeats, unsent)
	fmt.Fprintf(s.out, "the PLCs saw %d requests, %d of them other than reads\n", asked, other)
	return errors.Join(err, plantErr, awayErr, countErr)
}

// comeBack ends the upstream's absence.
func comeBack(ctx context.Context, up *sim.Upstream, after time.Duration) error {
	if agent.Sleep(ctx, after) != nil {
		return nil
	}
	return up.Up()
}

// fillingDisk is a buffer whose disk is full at times.
type fillingDisk struct {
	*buffer.Store
	full func() bool
}

func (f fillingDisk) Append(batches []*agent.Batch) error {
	if f.full() {
		return &os.PathError{Op: "write", Path: "the demo's disk", Err: syscall.ENOSPC}
	}
	return f.Store.Append(batches)
}

// history puts simulated days through the engine into the buffer, as if the
// agent had run all the time. What the upstream took is marked as delivered.
func (d demoCommand) history(s session, st *demoStage, drill *scenario, log *slog.Logger) error {
	if d.Days == 0 {
		return nil
	}
	fmt.Fprintf(s.out, "  history    simulating %d days ...\n", d.Days)
	began := time.Now()
	if drill.away > 0 {
		st.past.until = began.Add(-drill.away)
	}
	n, err := st.fill(s.ctx, log)
	if err == nil {
		err = delivered(st.config, log)
	}
	if drill.away > 0 && err == nil && s.ctx.Err() == nil {
		st.past.until = time.Time{}
		var more int
		more, err = st.fill(s.ctx, log)
		n += more
	}
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	fmt.Fprintf(s.out, "             %s readings in %s; what the upstream took counts as delivered earlier\n", say.Count(n), time.Since(began).Round(100*time.Millisecond))
	return nil
}

// fill records the past as far as it is to go.
func (st *demoStage) fill(ctx context.Context, log *slog.Logger) (readings int, err error) {
	a, cfg, err := load(st.config, log)
	if err != nil {
		return 0, err
	}
	st.know(cfg)
	return agent.Fill(a.Store, a.Calc, a.Board, log, st.past.batches(ctx), 2000)
}

// delivered marks the history as delivered: the demo's far side begins with
// what comes after.
func delivered(path string, log *slog.Logger) error {
	a, _, err := load(path, log)
	if err != nil {
		return err
	}
	last, _, _, err := a.Store.Load()
	if err != nil {
		return err
	}
	for _, feed := range a.Upstreams {
		a.Store.Ack(feed.Name, 1, last.Seq)
	}
	return a.Store.Close()
}
