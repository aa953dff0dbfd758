package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/sim"
)

// demoStage is the world around the demo's agent: three plants, a laboratory
// and a far side. The acid plant stands in a process of its own, behind OPC UA;
// a twin of it here has the same history and is left behind at the present.
type demoStage struct {
	config      string
	past        past
	mill, glass *sim.Live
	acid        *sim.Child
	up          *sim.Upstream
	truths      []io.Closer
}

// demoPKI is where the demo's agent keeps certificates, and demoLab where the
// laboratory drops its files, below the folder of the configuration.
const (
	demoPKI = "pki"
	demoLab = "lab"
)

func (d *demoCommand) raise(ctx context.Context, dir string, s *scenario, night time.Time) (st *demoStage, err error) {
	st = &demoStage{config: filepath.Join(dir, "recoup.yaml")}
	defer func() {
		if err != nil {
			err = errors.Join(err, st.close())
		}
	}()
	start := time.Now().UTC().Truncate(labStep).AddDate(0, 0, -d.Days)
	mill, acid, glass := sim.NewMill(d.Seed, start), sim.NewAcid(d.Seed, start), sim.NewGlass(d.Seed, start)
	for _, plant := range []sim.Plant{mill, acid, glass} {
		for _, i := range s.incidents(night, plant.Name()) {
			plant.Schedule(i)
		}
	}
	if st.mill, err = d.serve(mill, st); err != nil {
		return st, err
	}
	if st.glass, err = d.serve(glass, st); err != nil {
		return st, err
	}
	if st.up, err = sim.ListenUpstream("127.0.0.1:0", nil); err != nil {
		return st, err
	}
	if st.acid, err = d.serveAcid(ctx, dir, start, s.incidents(night, "acid")); err != nil {
		return st, err
	}
	if err := st.write(d.Listen); err != nil {
		return st, err
	}
	st.past.plants = []pastPlant{{plant: mill}, {plant: acid, ownClock: true}, {plant: glass}}
	if s.wall != nil {
		st.past.wall = s.wall(night)
	}
	return st, nil
}

// serve shows a plant on a Modbus server.
func (d *demoCommand) serve(plant sim.Plant, st *demoStage) (*sim.Live, error) {
	image := sim.NewImage()
	server, err := sim.Listen("127.0.0.1:0", image)
	if err != nil {
		return nil, err
	}
	live := &sim.Live{Plant: plant, Screen: image, Server: server}
	if d.Truth == "" {
		return live, nil
	}
	file, err := os.Create(filepath.Join(d.Truth, plant.Name()+".csv"))
	if err != nil {
		return live, err
	}
	st.truths, live.Truth = append(st.truths, file), sim.NewTruthFile(file)
	return live, nil
}

// serveAcid starts the process of the acid plant and makes the agent trust its
// certificate, as an OT engineer would do by hand.
func (d *demoCommand) serveAcid(ctx context.Context, dir string, start time.Time, incidents []sim.Incident) (*sim.Child, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"sim", "--opcua", "127.0.0.1:0", "--pki", filepath.Join(dir, "sim-pki"), "--lab", filepath.Join(dir, demoLab),
		"--seed", strconv.FormatUint(d.Seed, 10), "--since", start.Format(time.RFC3339)}
	if d.Truth != "" {
		args = append(args, "--truth", filepath.Join(d.Truth, "acid.csv"))
	}
	for _, i := range incidents {
		text, err := i.MarshalText()
		if err != nil {
			return nil, err
		}
		args = append(args, "--incident", string(text))
	}
	child, err := sim.StartChild(program, args...)
	if err != nil {
		return nil, err
	}
	if err := child.Await(ctx); err != nil {
		return child, err
	}
	cert, err := os.ReadFile(filepath.Join(dir, "sim-pki", sim.ServerCertificate))
	if err != nil {
		return child, err
	}
	trusted := filepath.Join(dir, demoPKI, "trusted")
	if err := os.MkdirAll(trusted, 0o755); err != nil {
		return child, err
	}
	return child, os.WriteFile(filepath.Join(trusted, "acid.der"), cert, 0o644)
}

// write writes the configuration, with the addresses that are in use.
func (st *demoStage) write(listen string) error {
	text := strings.NewReplacer(
		"tcp://127.0.0.1:1502", "tcp://"+st.mill.Server.Addr(),
		"tcp://127.0.0.1:1503", "tcp://"+st.glass.Server.Addr(),
		"opc.tcp://127.0.0.1:4840", st.acid.Address(),
		"http://127.0.0.1:9467/v1/batches", st.up.URL(),
		"127.0.0.1:9466", freeAddress(listen),
	).Replace(demoConfig)
	return os.WriteFile(st.config, []byte(text), 0o644)
}

// know gives the past the tags that the agent has.
func (st *demoStage) know(cfg *config.Config) {
	of := map[string][]*agent.Tag{}
	for _, source := range cfg.Sources {
		of[source.Name] = source.Tags
	}
	for i := range st.past.plants {
		one := &st.past.plants[i]
		one.tags = of[one.plant.Name()]
		if one.plant.Name() == "acid" {
			one.lab = of[demoLab][0]
		}
	}
}

// run lets the Modbus plants live until ctx ends.
func (st *demoStage) run(ctx context.Context) error {
	var running sync.WaitGroup
	errs := make([]error, 2)
	for i, live := range []*sim.Live{st.mill, st.glass} {
		running.Go(func() { errs[i] = live.Run(ctx) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// requests counts what the PLCs were asked, and what of it was no read.
func (st *demoStage) requests() (all, other uint64, err error) {
	asked, err := st.acid.Counts()
	if err != nil {
		return 0, 0, fmt.Errorf("the acid plant's books: %w", err)
	}
	return st.mill.Server.Requests() + st.glass.Server.Requests() + asked.Requests,
		st.mill.Server.OtherRequests() + st.glass.Server.OtherRequests() + asked.Other, nil
}

func (st *demoStage) close() error {
	var errs []error
	if st.acid != nil {
		errs = append(errs, st.acid.Stop())
	}
	if st.up != nil {
		errs = append(errs, st.up.Close())
	}
	for _, live := range []*sim.Live{st.mill, st.glass} {
		if live != nil {
			errs = append(errs, live.Server.Close())
		}
	}
	for _, truth := range st.truths {
		errs = append(errs, truth.Close())
	}
	return errors.Join(errs...)
}
