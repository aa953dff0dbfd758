package sim

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Live lets a mill run at the speed of the wall clock and shows it on a
// server.
type Live struct {
	Mill   *Mill
	Image  *Image
	Server *Server       // without power while the mill's PLC is off; nil: only the image moves
	Truth  *TruthFile    // nil: not written
	Every  time.Duration // one step; 0: 1 s

	off bool // the server was told so
}

// Run steps the mill until ctx ends, which is no error. After a delay it catches
// up step by step.
func (l *Live) Run(ctx context.Context) error {
	every := l.Every
	if every <= 0 {
		every = time.Second
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	began, origin := time.Now(), l.Mill.Now()
	l.Image.Show(l.Mill)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := l.catchUp(origin.Add(time.Since(began)), every); err != nil {
			return err
		}
		l.Image.Show(l.Mill)
		if err := l.power(); err != nil {
			return err
		}
	}
}

// power switches the server when the mill's PLC was switched, and leaves it
// alone otherwise, so that a test may switch it too.
func (l *Live) power() error {
	if l.Server == nil || l.off == l.Mill.Off() {
		return nil
	}
	l.off = l.Mill.Off()
	if l.off {
		l.Server.PowerOff()
		return nil
	}
	if err := l.Server.PowerOn(); err != nil {
		return fmt.Errorf("simulated PLC back on: %w", err)
	}
	return nil
}

// catchUp steps as far as the time now, which is the mill's.
func (l *Live) catchUp(now time.Time, every time.Duration) error {
	for next := l.Mill.Now().Add(every); !next.After(now); next = l.Mill.Now().Add(every) {
		l.Mill.Step(every)
		if l.Truth == nil {
			continue
		}
		if err := l.Truth.Note(l.Mill); err != nil {
			return err
		}
	}
	return nil
}

// Describe prints what is served where, and how to write each point into a
// configuration. upstream may be nil.
func Describe(w io.Writer, server *Server, upstream *Upstream) error {
	fmt.Fprintf(w, "Simulated cold rolling mill, Modbus TCP at tcp://%s\n", server.Addr())
	if upstream != nil {
		fmt.Fprintf(w, "Test upstream at %s, its books at http://%s/status\n", upstream.URL(), upstream.addr)
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "POINT\tUNIT ID\tAT\tSCALE\tUNIT\tLIMIT OF ERROR")
	for _, p := range Points() {
		fmt.Fprintf(table, "%s\t%d\t%s\t%g\t%s\t%s\n", p.Name, p.Unit, p.At(), p.Scale, p.EngUnit, p.limit())
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("describe the simulated mill: %w", err)
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
