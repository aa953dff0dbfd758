package main

import (
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
	Seed     uint64 `default:"1" help:"Another seed is another plant (default ${default})."`
	Truth    string `placeholder:"FILE" help:"Write the plant's hidden truth there."`
	Accepted string `placeholder:"FILE" help:"Append every delivery that the upstream takes there, a JSON line each."`
	FailOne  int    `name:"fail-one-in" placeholder:"N" help:"The upstream fails one request in N, by turns before and after storing it."`
}

func (c simCommand) Run(s session) (err error) {
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
	plant := &sim.Live{Mill: sim.NewMill(c.Seed, time.Now().UTC()), Image: image, Server: server}
	if c.Truth != "" {
		file, err := os.Create(c.Truth)
		if err != nil {
			return err
		}
		defer file.Close()
		plant.Truth = sim.NewTruthFile(file)
	}
	if err := sim.Describe(s.out, server, up); err != nil {
		return err
	}
	return plant.Run(s.ctx)
}
