package sim

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Screen is where a plant shows what its points hold: an Image, or the nodes of
// an OPC UA server.
type Screen interface {
	Show(p Plant)
}

// Live lets a plant run at the speed of the wall clock and shows it on a
// server.
type Live struct {
	Plant  Plant
	Screen Screen
	Server *Server       // without power while the plant's PLC is off; nil: only the screen moves
	Truth  *TruthFile    // nil: not written
	Lab    *LabFolder    // nil: no laboratory
	Every  time.Duration // one step; 0: 1 s

	off bool // the server was told so
}

const startTakes = time.Minute // at most, from making a plant to letting it live

// Run steps the plant until ctx ends, which is no error. After a delay it catches
// up step by step.
func (l *Live) Run(ctx context.Context) error {
	every := l.Every
	if every <= 0 {
		every = time.Second
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	began, origin := time.Now(), l.Plant.Now()
	if late := began.Sub(origin); late > 0 && late < startTakes {
		began = began.Add(-late) // it lives in the present, and shows no time that is past
	}
	if err := l.CatchUp(origin.Add(time.Since(began)), every); err != nil {
		return err
	}
	l.Screen.Show(l.Plant)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := l.CatchUp(origin.Add(time.Since(began)), every); err != nil {
			return err
		}
		l.Screen.Show(l.Plant)
		if err := l.power(); err != nil {
			return err
		}
	}
}

// power switches the server when the plant's PLC was switched, and leaves it
// alone otherwise, so that a test may switch it too.
func (l *Live) power() error {
	if l.Server == nil || l.off == l.Plant.Off() {
		return nil
	}
	l.off = l.Plant.Off()
	if l.off {
		l.Server.PowerOff()
		return nil
	}
	if err := l.Server.PowerOn(); err != nil {
		return fmt.Errorf("simulated PLC back on: %w", err)
	}
	return nil
}

// CatchUp steps as far as the time now, which is the plant's.
func (l *Live) CatchUp(now time.Time, every time.Duration) error {
	for next := l.Plant.Now().Add(every); !next.After(now); next = l.Plant.Now().Add(every) {
		l.Plant.Step(every)
		if l.Truth != nil {
			if err := l.Truth.Note(l.Plant); err != nil {
				return err
			}
		}
		if l.Lab != nil {
			if err := l.Lab.Note(); err != nil {
				return err
			}
		}
	}
	return nil
}

// Describe prints what is served where, for example at tcp://127.0.0.1:1502, and
// how to write each point into a configuration. upstream may be nil.
func Describe(w io.Writer, p Plant, where string, upstream *Upstream) error {
	fmt.Fprintf(w, "Simulated %s at %s\n", p.Title(), where)
	if upstream != nil {
		fmt.Fprintf(w, "Test upstream at %s, its books at http://%s/status\n", upstream.URL(), upstream.addr)
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "POINT\tAT\tSCALE\tUNIT\tLIMIT OF ERROR")
	for _, p := range p.Points() {
		fmt.Fprintf(table, "%s\t%s\t%g\t%s\t%s\n", p.Name, p.At(), p.Scale, p.EngUnit, p.limit())
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("describe the simulated plant: %w", err)
	}
	return nil
}

// limit gives the instrument's limits of error as a data sheet does.
func (p Point) limit() string {
	switch {
	case p.Rel > 0 && p.Abs > 0:
		return fmt.Sprintf("%.3g%% + %g %s", 100*p.Rel, p.Abs, p.EngUnit)
	case p.Rel > 0:
		return fmt.Sprintf("%.3g%%", 100*p.Rel)
	case p.Abs > 0:
		return fmt.Sprintf("%g %s", p.Abs, p.EngUnit)
	}
	return ""
}
