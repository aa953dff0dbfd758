package modbus

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"recoup/agent"
)

// section is what stands below modbus: in a source.
type section struct {
	Address        string        `yaml:"address"`         // tcp://host:port; port 502 when left out
	Unit           int           `yaml:"unit"`            // 0…255, of tags that name none
	Timeout        time.Duration `yaml:"timeout"`         // for one answer
	ConnectTimeout time.Duration `yaml:"connect_timeout"` // for one dial
	Pause          time.Duration `yaml:"pause"`           // between an answer and the next request
	MaxGap         int           `yaml:"max_gap"`         // registers read along between two tags
}

func defaults() section {
	return section{Unit: 1, Timeout: time.Second, ConnectTimeout: 3 * time.Second, MaxGap: 16}
}

// check gives the host:port to dial and everything that is wrong.
func (s *section) check() (host string, faults agent.Faults) {
	host = s.host(&faults)
	if s.Unit < 0 || s.Unit > 255 {
		faults.Add("modbus.unit", "write a number from 0 to 255; 1 is usual, 255 or 0 for a device without a gateway", "no unit has the id %d", s.Unit)
	}
	within(&faults, "modbus.timeout", s.Timeout, 10*time.Millisecond, 20*time.Second)
	within(&faults, "modbus.connect_timeout", s.ConnectTimeout, 10*time.Millisecond, 20*time.Second)
	within(&faults, "modbus.pause", s.Pause, 0, 5*time.Second)
	if s.MaxGap < 0 || s.MaxGap >= maxRegisters {
		faults.Add("modbus.max_gap", fmt.Sprintf("write a number from 0 to %d", maxRegisters-1), "a gap of %d registers cannot be bridged", s.MaxGap)
	}
	return host, faults
}

func within(faults *agent.Faults, path string, d, lo, hi time.Duration) {
	if d < lo || d > hi {
		faults.Add(path, fmt.Sprintf("write a time from %s to %s", lo, hi), "%s is not possible", d)
	}
}

func (s *section) host(faults *agent.Faults) string {
	const path, fix = "modbus.address", `write "tcp://HOST:PORT", for example "tcp://10.10.1.11:502"`
	if s.Address == "" {
		faults.Add(path, fix, "no address")
		return ""
	}
	if !strings.Contains(s.Address, "://") {
		faults.Add(path, fmt.Sprintf("write \"tcp://%s\"", s.Address), "%q does not say how it is reached", s.Address)
		return ""
	}
	u, err := url.Parse(s.Address)
	switch {
	case err != nil:
		faults.Add(path, fix, "%q is not an address", s.Address)
	case u.Scheme != "tcp":
		faults.Add(path, fix+"; a serial line needs a gateway to Modbus TCP", "%q is not spoken here", u.Scheme)
	case u.Hostname() == "":
		faults.Add(path, fix, "%q names no host", s.Address)
	case u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "":
		faults.Add(path, fix+" and nothing more", "%q holds more than host and port", s.Address)
	default:
		return hostPort(u, faults, path)
	}
	return ""
}

func hostPort(u *url.URL, faults *agent.Faults, path string) string {
	port := u.Port()
	if port == "" {
		port = "502"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		faults.Add(path, "write a port from 1 to 65535; 502 is usual", "%s is not a port", port)
		return ""
	}
	return net.JoinHostPort(u.Hostname(), port)
}
