package sim

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// Child is a process that serves a plant behind OPC UA by ServeOPCUA. Its
// standard input is held open by its parent and ends with it, so that it cannot
// outlive it. One goroutine uses a Child.
//
// Nothing but the end of a process cuts a read from its output short on every
// system; a child that does not answer in time is therefore killed.
type Child struct {
	cmd      *exec.Cmd
	commands io.WriteCloser
	out      *bufio.Reader
	said     tail // on standard error; read after its end
	address  string
	ended    bool

	serveWithin, answerWithin, stopWithin time.Duration
}

// StartChild starts a program that calls ServeOPCUA with its standard input and
// output, and does not wait for it: a long history takes seconds to catch up
// with.
func StartChild(program string, args ...string) (*Child, error) {
	c := &Child{cmd: exec.Command(program, args...), serveWithin: 2 * time.Minute, answerWithin: time.Minute, stopWithin: 10 * time.Second}
	c.cmd.Stderr = &c.said
	c.cmd.WaitDelay = 5 * time.Second // should anything else hold its standard error
	var err error
	if c.commands, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("simulated plant: %w", err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("simulated plant: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("simulated plant: %w", err)
	}
	c.out = bufio.NewReader(out)
	return c, nil
}

// Await waits until the child serves, at most two minutes, and is called once.
// After an error, also because ctx ended, the child is gone.
func (c *Child) Await(ctx context.Context) error {
	err := c.within(ctx, c.serveWithin, func() error {
		first, err := c.out.ReadString('\n')
		if err != nil {
			return err
		}
		at := strings.LastIndex(first, " opc.tcp://")
		if at < 0 {
			return fmt.Errorf("it said %q instead of where", strings.TrimSpace(first))
		}
		c.address = strings.TrimSpace(first[at:])
		_, err = c.askCounts() // and with it the rest that it prints is read
		return err
	})
	if err != nil {
		return c.fail("does not serve", err)
	}
	return nil
}

// Address is where the plant is served, for example opc.tcp://127.0.0.1:4840; ""
// before Await.
func (c *Child) Address() string { return c.address }

// Counts asks what the server was asked so far. It is called after Await and
// before Stop. After an error the child is gone.
func (c *Child) Counts() (counts RequestCounts, err error) {
	err = c.within(context.Background(), c.answerWithin, func() (err error) {
		counts, err = c.askCounts()
		return err
	})
	if err != nil {
		return RequestCounts{}, c.fail("does not answer", err)
	}
	return counts, nil
}

// askCounts passes over what the child printed before its answer.
func (c *Child) askCounts() (counts RequestCounts, err error) {
	if _, err := fmt.Fprintln(c.commands, "counts"); err != nil {
		return counts, err
	}
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			return counts, err
		}
		if strings.HasPrefix(line, "{") {
			return counts, json.Unmarshal([]byte(line), &counts)
		}
	}
}

// within lets talk read what the child says. When ctx ends or the time is over
// first, the child is killed, which ends the read.
func (c *Child) within(ctx context.Context, most time.Duration, talk func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, fmt.Errorf("waited %v in vain", most))
	defer cancel()
	inTime := context.AfterFunc(ctx, c.kill)
	err := talk()
	if !inTime() {
		return context.Cause(ctx)
	}
	return err
}

// fail ends the child and tells why, with what it said.
func (c *Child) fail(what string, err error) error {
	if !errors.Is(err, io.EOF) {
		c.kill()
	}
	_ = c.end()
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("it ended (%v)", c.cmd.ProcessState)
	}
	return fmt.Errorf("simulated plant %s: %w%s", what, err, c.said.quoted())
}

// Stop ends the child's standard input and waits until it has ended, after ten
// seconds by killing it. The error tells of a child that had to be killed or had
// failed; after Kill, and after an error of Await or Counts, there is none.
func (c *Child) Stop() error {
	if err := c.end(); err != nil {
		return fmt.Errorf("simulated plant: %w%s", err, c.said.quoted())
	}
	return nil
}

// Kill ends the child at once, as a power cut does.
func (c *Child) Kill() {
	c.kill()
	_ = c.end() // as killed processes end
}

func (c *Child) kill() { _ = c.cmd.Process.Kill() } // fails of one that has ended

// end ends the child's standard input and waits for its end. Called again it does
// nothing.
func (c *Child) end() error {
	if c.ended {
		return nil
	}
	c.ended = true
	c.commands.Close()
	late := time.AfterFunc(c.stopWithin, c.kill)
	_, err := io.Copy(io.Discard, c.out)
	err = errors.Join(err, c.cmd.Wait())
	if !late.Stop() && err != nil {
		return fmt.Errorf("it did not stop within %v and was killed", c.stopWithin)
	}
	return err
}

// tail keeps the end of what is written to it.
type tail []byte

const mostTail = 2000 // bytes

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p...)
	*t = (*t)[max(0, len(*t)-mostTail):]
	return len(p), nil
}

// quoted gives the end for the end of a sentence.
func (t tail) quoted() string {
	if text := strings.TrimSpace(string(t)); text != "" {
		return "; it said: " + text
	}
	return ""
}
