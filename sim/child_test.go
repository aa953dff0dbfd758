package sim

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain is also the child processes: the library's server cannot be ended
// inside a process.
func TestMain(m *testing.M) {
	as := os.Getenv("SIM_CHILD")
	if as == "" {
		os.Exit(m.Run())
	}
	if err := children[as](os.Getenv("SIM_DIR")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	os.Exit(0)
}

// children are the ways in which a child behaves.
var children = map[string]func(dir string) error{
	"serve": serveChild,
	"parent": func(string) error { // of a child that serves
		os.Setenv("SIM_CHILD", "serve")
		c, err := StartChild(os.Args[0])
		if err != nil {
			return err
		}
		if err := c.Await(context.Background()); err != nil {
			return err
		}
		fmt.Println(c.Address())
		time.Sleep(time.Hour) // until it is killed
		return nil
	},
	"deaf": func(string) error { // serves, it says, and obeys nothing
		fmt.Print("Simulated plant at opc.tcp://127.0.0.1:1\n{}\n")
		time.Sleep(time.Hour)
		return nil
	},
	"fail": func(string) error {
		return errors.New(strings.Repeat("much is said before. ", 1000) + "The port is taken")
	},
	"leave": func(string) error { return nil },
	"chat": func(string) error {
		fmt.Println("hello")
		time.Sleep(time.Hour)
		return nil
	},
}

func serveChild(dir string) error {
	plant := NewAcid(1, time.Now().UTC())
	for line := range strings.Lines(os.Getenv("SIM_INCIDENTS")) {
		var i Incident
		if err := i.UnmarshalText([]byte(line)); err != nil {
			return err
		}
		plant.Schedule(i)
	}
	lab, err := NewLabFolder(filepath.Join(dir, "lab"), plant)
	if err != nil {
		return err
	}
	live := &Live{Plant: plant, Every: 50 * time.Millisecond, Lab: lab}
	return ServeOPCUA(context.Background(), live, OPCUA{Address: os.Getenv("SIM_ADDRESS"), Dir: dir, Commands: os.Stdin, Out: os.Stdout})
}

// startChild starts this program as a child that behaves so.
func startChild(t *testing.T, as, dir, address string, incidents ...Incident) *Child {
	t.Helper()
	var lines []string
	for _, i := range incidents {
		text, err := i.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(text))
	}
	t.Setenv("SIM_CHILD", as)
	t.Setenv("SIM_DIR", dir)
	t.Setenv("SIM_ADDRESS", address)
	t.Setenv("SIM_INCIDENTS", strings.Join(lines, "\n"))
	c, err := StartChild(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

func TestChildServesAnswersAndStops(t *testing.T) {
	c := startChild(t, "serve", t.TempDir(), "127.0.0.1:0")
	if c.Address() != "" {
		t.Errorf("address %q before the child serves", c.Address())
	}
	if err := c.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	address, found := strings.CutPrefix(c.Address(), "opc.tcp://")
	if conn, err := net.Dial("tcp", address); err != nil || !found {
		t.Errorf("at %q: %v", c.Address(), err)
	} else {
		conn.Close()
	}
	for range 3 {
		if counts, err := c.Counts(); err != nil || counts.Requests != 0 || counts.ByService == nil {
			t.Errorf("counts %+v, %v; want none", counts, err)
		}
	}
	for range 2 {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Counts(); err == nil {
		t.Error("a child that was stopped answers")
	}
}

func TestChildIsKilled(t *testing.T) {
	c := startChild(t, "serve", t.TempDir(), "127.0.0.1:0")
	if err := c.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Kill()
	if c.cmd.ProcessState == nil {
		t.Error("the child was not waited for")
	}
	if _, err := c.Counts(); err == nil {
		t.Error("a killed child answers")
	}
	if err := c.Stop(); err != nil {
		t.Errorf("after Kill, Stop says %v", err)
	}
}

// TestChildThatFails: whatever a child does instead of serving, the parent
// learns it and nothing is left running.
func TestChildThatFails(t *testing.T) {
	for as, want := range map[string]string{"fail": "ended (exit status 3); it said: ", "leave": "ended (exit status 0)", "chat": `it said "hello" instead of where`} {
		c := startChild(t, as, "", "")
		err := c.Await(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", as, err, want)
		}
		if as == "fail" && (len(err.Error()) > mostTail+100 || !strings.HasSuffix(err.Error(), "The port is taken")) {
			t.Errorf("the error has %d bytes and ends with %q", len(err.Error()), err.Error()[max(0, len(err.Error())-40):])
		}
		if c.cmd.ProcessState == nil {
			t.Errorf("%s: the child still runs", as)
		}
		if err := c.Stop(); err != nil {
			t.Errorf("%s: told again: %v", as, err)
		}
	}
	if _, err := StartChild(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("a program that is not there was started")
	}
}

// TestChildIsNotWaitedForForEver: each wait has an end.
func TestChildIsNotWaitedForForEver(t *testing.T) {
	started := func() *Child {
		c := startChild(t, "deaf", "", "")
		if err := c.Await(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.answerWithin, c.stopWithin = time.Millisecond, time.Millisecond
		return c
	}
	c := started()
	if _, err := c.Counts(); err == nil || !strings.Contains(err.Error(), "waited 1ms in vain") || c.cmd.ProcessState == nil {
		t.Errorf("counts of a deaf child: %v", err)
	}
	c = started()
	if err := c.Stop(); err == nil || !strings.Contains(err.Error(), "was killed") || c.cmd.ProcessState == nil {
		t.Errorf("stop of a deaf child: %v", err)
	}
	c = startChild(t, "serve", t.TempDir(), "127.0.0.1:0")
	c.serveWithin = 0
	if err := c.Await(t.Context()); err == nil || !strings.Contains(err.Error(), "in vain") || c.cmd.ProcessState == nil {
		t.Errorf("too slow a child: %v", err)
	}
	c = startChild(t, "serve", t.TempDir(), "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Await(ctx); !errors.Is(err, context.Canceled) || c.cmd.ProcessState == nil {
		t.Errorf("an ended wait: %v", err)
	}
}

// TestChildDoesNotOutliveAKilledParent: nothing tells the child of it but the end
// of its standard input.
func TestChildDoesNotOutliveAKilledParent(t *testing.T) {
	t.Setenv("SIM_CHILD", "parent")
	t.Setenv("SIM_DIR", t.TempDir())
	t.Setenv("SIM_ADDRESS", "127.0.0.1:0")
	parent := exec.Command(os.Args[0])
	parent.Stderr = os.Stderr
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { parent.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the parent says %q, %v", line, err)
	}
	address := strings.TrimPrefix(strings.TrimSpace(line), "opc.tcp://")
	serves := func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	if !serves() {
		t.Fatalf("nothing is served at %q", address)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the parent was not killed")
	}
	for end := time.Now().Add(time.Minute); serves(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the child still serves a minute after its parent was killed")
		}
	}
}
