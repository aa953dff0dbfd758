// Command recoup is the agent: one binary that polls PLCs, computes on the spot
// how much the plant wins back, buffers through outages and forwards upstream.
// It stands above the flow: it reads the configuration, wires the parts and
// runs them. wire.go is the only file that sees every part.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // plant PCs, Windows above all, may have no zone database

	"github.com/alecthomas/kong"

	"recoup/agent/config"
)

var version = "unknown" // set by the linker

// commands is the whole command line; each command is a struct with Run.
type commands struct {
	Config string `short:"c" default:"recoup.yaml" placeholder:"FILE" help:"Configuration file (default ${default})."`
	Debug  bool   `help:"Log every detail."`

	Run     runCommand     `cmd:"" help:"Poll, compute, buffer and forward until stopped."`
	Check   checkCommand   `cmd:"" help:"Name everything wrong with the configuration; touch nothing."`
	Read    readCommand    `cmd:"" help:"Read one source once and show what each tag gives."`
	Why     whyCommand     `cmd:"" help:"Tell in words how a figure came about, and what changed since it was last good."`
	Replay  replayCommand  `cmd:"" help:"Compute the KPIs over recorded readings (CSV) and print the results as JSON lines."`
	Export  exportCommand  `cmd:"" help:"Print what the buffer holds: readings as CSV, results as JSON lines."`
	Demo    demoCommand    `cmd:"" help:"Show three simulated plants: 35 days of history, then live; or a training drill."`
	Sim     simCommand     `cmd:"" help:"Serve a simulated PLC and an upstream on this computer, to try a configuration against."`
	Example exampleCommand `cmd:"" help:"Print an example to start a configuration from."`
	Version versionCommand `cmd:"" help:"Say what this binary is."`
}

// session is what every command gets.
type session struct {
	ctx    context.Context
	config string
	log    *slog.Logger
	out    io.Writer
	err    io.Writer
}

// Exit codes: 0 stopped or done, 1 failed, 2 wrong configuration or usage.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) }

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once

	var cli commands
	left := false
	parser, err := kong.New(&cli, kong.Name("recoup"), kong.Writers(out, errOut), kong.UsageOnError(),
		kong.Exit(func(int) { left = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("recoup measures on the spot what a plant wins back: it reads PLCs over Modbus TCP, never writes to them, "+
			"keeps every reading through outages, and says of every figure how sure it is.\n\n"+
			"Begin with \"recoup demo\", then \"recoup example config > recoup.yaml\"."))
	if err != nil {
		panic("BUG: command line: " + err.Error())
	}
	call, err := parser.Parse(args)
	if left {
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(errOut, "recoup: %v\nTry \"recoup --help\".\n", err)
		return exitUsage
	}
	level := slog.LevelInfo
	if cli.Debug {
		level = slog.LevelDebug
	}
	s := session{ctx: ctx, config: cli.Config, out: out, err: errOut,
		log: slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: level}))}
	return exitCode(call.Run(s), errOut)
}

// exitCode prints what a command returned, once, and chooses the code.
func exitCode(err error, errOut io.Writer) int {
	if err == nil {
		return exitDone
	}
	var wrong *config.Error
	if errors.As(err, &wrong) {
		fmt.Fprintln(errOut, wrong.Error())
		return exitUsage
	}
	fmt.Fprintf(errOut, "recoup: %v\n", err)
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// usageError is a wrong call of a command.
type usageError string

func (u usageError) Error() string { return string(u) }
