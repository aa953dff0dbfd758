package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"recoup/sim"
)

type simCommand struct {
	Modbus   string `default:"127.0.0.1:1502" help:"Address of the simulated PLC, loopback only (default ${default})."`
	Upstream string `default:"127.0.0.1:9467" help:"Address of the test upstream, loopback only (default ${default})."`
	Plant    string `default:"mill" enum:"mill,glass" help:"Which plant the PLC belongs to: ${enum} (default ${default})."`
	Seed     uint64 `default:"1" help:"Another seed is another plant (default ${default})."`
	Truth    string `placeholder:"FILE" help:"Write the plant's hidden truth there."`
	Accepted string `placeholder:"FILE" help:"Append every delivery that the upstream takes there, a JSON line each."`
	FailOne  int    `name:"fail-one-in" placeholder:"N" help:"The upstream fails one request in N, by turns before and after storing it."`

	Incidents []sim.Incident `name:"incident" sep:"none" placeholder:"\"KIND FROM TO [POINT]\"" help:"Let something go wrong at the plant, for training; may be repeated. For example \"plc_off 2026-11-23T14:00:00+08:00 2026-11-23T14:30:00+08:00\"; a wrong KIND or POINT is answered with the right ones."`

	// The acid plant stands behind OPC UA, in a process of its own that a parent
	// starts and tells what to do on standard input.
	OPCUA string    `name:"opcua" hidden:"" placeholder:"ADDRESS" help:"Serve the acid plant over OPC UA there instead, loopback only, until standard input ends."`
	PKI   string    `name:"pki" hidden:"" default:"sim-pki" placeholder:"FOLDER" help:"Certificate and key of the OPC UA server (default ${default})."`
	Lab   string    `hidden:"" placeholder:"FOLDER" help:"Drop the acid plant's titrations there; with --since those that are told from now on."`
	Since time.Time `hidden:"" placeholder:"TIME" help:"Let the acid plant begin then, in RFC 3339, and catch up before it is served."`
}

func (c simCommand) Run(s session) (err error) {
	if c.OPCUA != "" {
		return c.serveAcid(s)
	}
	simulated := c.plant(time.Now().UTC())
	if err := c.schedule(simulated); err != nil {
		return err
	}
	image := sim.NewImage()
	server, err := sim.Listen(c.Modbus, image)
	if err != nil {
		return fmt.Errorf("simulated PLC: %w", err)
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	var accepted io.Writer
	if c.Accepted != "" {
		file, err := os.OpenFile(c.Accepted, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		defer file.Close()
		accepted = file
	}
	up, err := sim.ListenUpstream(c.Upstream, accepted)
	if err != nil {
		return fmt.Errorf("test upstream: %w", err)
	}
	defer func() { err = errors.Join(err, up.Close()) }()
	up.Behave(sim.Behaviour{FailEvery: c.FailOne})
	plant := &sim.Live{Plant: simulated, Screen: image, Server: server}
	if c.Truth != "" {
		file, err := os.Create(c.Truth)
		if err != nil {
			return err
		}
		defer file.Close()
		plant.Truth = sim.NewTruthFile(file)
	}
	if err := sim.Describe(s.out, plant.Plant, "tcp://"+server.Addr(), up); err != nil {
		return err
	}
	return plant.Run(s.ctx)
}

func (c simCommand) plant(start time.Time) sim.Plant {
	if c.Plant == "glass" {
		return sim.NewGlass(c.Seed, start)
	}
	return sim.NewMill(c.Seed, start)
}

// schedule gives the plant its incidents. One that is over before the plant
// begins would do nothing; only a history may have it.
func (c simCommand) schedule(p sim.Plant) error {
	for _, i := range c.Incidents {
		if err := p.Knows(i); err != nil {
			return usageError("--incident: " + err.Error())
		}
		if c.Since.IsZero() && !i.To.After(p.Now()) {
			return usageError(fmt.Sprintf("--incident: %s until %s is over already; write a later time", i.Kind, i.To.Format(time.RFC3339)))
		}
		p.Schedule(i)
	}
	return nil
}

// serveAcid serves the acid plant. Begun at Since, it comes to the present by the
// demo's steps, so that parent and child have the same history; the parent has
// the titrations of that time, too.
func (c simCommand) serveAcid(s session) error {
	start := time.Now().UTC()
	if !c.Since.IsZero() {
		start = c.Since.UTC()
	}
	acid := sim.NewAcid(c.Seed, start)
	if err := c.schedule(acid); err != nil {
		return err
	}
	live := &sim.Live{Plant: acid}
	if c.Truth != "" {
		file, err := os.Create(c.Truth)
		if err != nil {
			return err
		}
		defer file.Close()
		live.Truth = sim.NewTruthFile(file)
	}
	for _, step := range []time.Duration{historyStep, time.Second} {
		if err := live.CatchUp(time.Now(), step); err != nil {
			return err
		}
	}
	if c.Lab != "" {
		lab, err := sim.NewLabFolder(c.Lab, acid)
		if err != nil {
			return err
		}
		if !c.Since.IsZero() {
			lab.Skip()
		}
		live.Lab = lab
	}
	return sim.ServeOPCUA(untilParent(s.ctx), live, sim.OPCUA{Address: c.OPCUA, Dir: c.PKI, Commands: os.Stdin, Out: s.out})
}

// untilParent takes Ctrl-C away from a process whose parent holds its standard
// input: at a terminal both get it, and the parent's agent is to end before its
// plant does.
func untilParent(ctx context.Context) context.Context {
	if in, err := os.Stdin.Stat(); err == nil && in.Mode()&os.ModeCharDevice == 0 {
		return context.WithoutCancel(ctx)
	}
	return ctx
}
