package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"recoup/agent"
	"recoup/agent/say"
	"recoup/sim"
)

//go:embed demo.yaml
var demoConfig string

type demoCommand struct {
	Days   int    `default:"35" help:"Days of history (default ${default})."`
	Seed   uint64 `default:"1" help:"Another seed is another plant (default ${default})."`
	Dir    string `placeholder:"FOLDER" help:"Keep configuration and buffer there; without it a temporary folder is removed at the end."`
	Listen string `default:"127.0.0.1:9466" help:"Address of the page (default ${default}; any free port when it is taken)."`
	Truth  string `placeholder:"FILE" help:"Write the plant's hidden truth there, for comparison. The agent never reads it."`
}

func (d demoCommand) Run(s session) error {
	if d.Days < 0 || d.Days > 400 {
		return usageError(fmt.Sprintf("--days %d: give 0 to 400", d.Days))
	}
	dir, remove, err := d.folder()
	if err != nil {
		return err
	}
	defer remove()
	stage, err := d.raise(dir)
	if err != nil {
		return err
	}
	defer stage.close()
	quiet := slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := d.history(s, stage, quiet); err != nil || s.ctx.Err() != nil {
		return err
	}
	a, cfg, err := load(stage.config, quiet)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "  PLC        tcp://%s   simulated, Modbus TCP, units 1 and 2\n", stage.plant.Server.Addr())
	fmt.Fprintf(s.out, "  upstream   %s   verifies every delivery\n", strings.Replace(stage.up.URL(), "/v1/batches", "/status", 1))
	fmt.Fprintf(s.out, "  config     %s\n", stage.config)
	fmt.Fprintf(s.out, "\n  page       http://%s/   <- open this; Ctrl-C ends the demo\n\n", cfg.Web.Listen)
	return d.live(s, stage, a)
}

// folder gives where the demo works, and how to leave it.
func (d demoCommand) folder() (dir string, remove func(), err error) {
	if d.Dir != "" {
		if old, err := os.ReadDir(d.Dir); err == nil && len(old) > 0 {
			return "", nil, usageError(fmt.Sprintf("--dir %s is not empty: give a new folder, or \"recoup run -c %s\" to go on with an earlier demo", d.Dir, filepath.Join(d.Dir, "recoup.yaml")))
		}
		return d.Dir, func() {}, os.MkdirAll(d.Dir, 0o755)
	}
	dir, err = os.MkdirTemp("", "recoup-demo-")
	return dir, func() { os.RemoveAll(dir) }, err
}

// demoStage is the world around the agent: a plant and a far side.
type demoStage struct {
	plant  *sim.Live
	up     *sim.Upstream
	config string
	truth  io.Closer
}

func (d demoCommand) raise(dir string) (*demoStage, error) {
	start := time.Now().UTC().Truncate(10*time.Second).AddDate(0, 0, -d.Days)
	mill := sim.NewMill(d.Seed, start)
	for _, i := range incidents(time.Now()) {
		mill.Schedule(i)
	}
	image := sim.NewImage()
	server, err := sim.Listen("127.0.0.1:0", image)
	if err != nil {
		return nil, err
	}
	st := &demoStage{plant: &sim.Live{Plant: mill, Screen: image, Server: server}, config: filepath.Join(dir, "recoup.yaml")}
	if st.up, err = sim.ListenUpstream("127.0.0.1:0", nil); err != nil {
		return nil, errors.Join(err, st.close())
	}
	if d.Truth != "" {
		file, err := os.Create(d.Truth)
		if err != nil {
			return nil, errors.Join(err, st.close())
		}
		st.truth, st.plant.Truth = file, sim.NewTruthFile(file)
	}
	text := strings.NewReplacer(
		"tcp://127.0.0.1:1502", "tcp://"+server.Addr(),
		"http://127.0.0.1:9467/v1/batches", st.up.URL(),
		"127.0.0.1:9466", freeAddress(d.Listen),
	).Replace(demoConfig)
	if err := os.WriteFile(st.config, []byte(text), 0o644); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

func (st *demoStage) close() error {
	var errs []error
	if st.up != nil {
		errs = append(errs, st.up.Close())
	}
	errs = append(errs, st.plant.Server.Close())
	if st.truth != nil {
		errs = append(errs, st.truth.Close())
	}
	return errors.Join(errs...)
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

// live runs plant and agent until Ctrl-C, the agent first to end, so that
// nothing stays unsent.
func (d demoCommand) live(s session, st *demoStage, a *agent.Agent) error {
	world, endWorld := context.WithCancel(context.WithoutCancel(s.ctx))
	var running sync.WaitGroup
	var plantErr error
	running.Add(1)
	go func() {
		defer running.Done()
		plantErr = st.plant.Run(world)
	}()
	err := a.Run(s.ctx)
	endWorld()
	running.Wait()
	counts, newest := st.up.Tally(), a.Board.Snapshot().Newest.Seq
	unsent := newest - min(newest, counts.Plants["demo-mill"].Last.Seq)
	fmt.Fprintf(s.out, "\nstopped: the upstream has %d readings and %d results in %d batches; holes %d, repeats %d, unsent batches %d\n",
		counts.Readings, counts.Results, counts.Batches, counts.Holes, counts.Repeats, unsent)
	fmt.Fprintf(s.out, "the PLC saw %d requests, %d of them other than reads\n", st.plant.Server.Requests(), st.plant.Server.OtherRequests())
	return errors.Join(err, plantErr)
}

// history puts simulated days through the engine into the buffer, as if the
// agent had run all the time.
func (d demoCommand) history(s session, st *demoStage, log *slog.Logger) error {
	if d.Days == 0 {
		return nil
	}
	a, cfg, err := load(st.config, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "recoup demo: a simulated cold rolling mill recovers oil mist\n\n  history    simulating %d days ...\n", d.Days)
	began := time.Now()
	n, err := agent.Fill(a.Store, a.Calc, a.Board, log, history(s.ctx, st.plant.Plant, cfg.Sources[0].Tags), 2000)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	fmt.Fprintf(s.out, "             %s readings in %s, taken as delivered earlier\n", say.Count(n), time.Since(began).Round(100*time.Millisecond))
	return delivered(st.config, log)
}

// delivered marks the history as delivered: the demo's far side begins with the
// present.
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
