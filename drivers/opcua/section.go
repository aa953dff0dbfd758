package opcua

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"recoup/agent"
)

const (
	signAndEncrypt = "sign_and_encrypt"
	noSecurity     = "none"

	subscribeMode = "subscribe"
	pollMode      = "poll"
)

// section is what stands below opcua: in a source.
type section struct {
	Endpoint     string        `yaml:"endpoint"` // opc.tcp://host:port/path; port 4840 when left out
	Security     string        `yaml:"security"` // sign_and_encrypt or none
	Insecure     bool          `yaml:"insecure"` // security: none is meant
	User         string        `yaml:"user"`
	PasswordFile string        `yaml:"password_file"`
	PKI          string        `yaml:"pki"`      // folder of certificates
	Mode         string        `yaml:"mode"`     // subscribe or poll
	Sampling     time.Duration `yaml:"sampling"` // how often the server looks at a node; 0: the tag's every
	Queue        int           `yaml:"queue"`    // changes per node that the server keeps between two answers
	Watchdog     time.Duration `yaml:"watchdog"` // longest silence of the server
}

func defaults() section {
	return section{Security: signAndEncrypt, PKI: "pki", Mode: subscribeMode, Queue: 10, Watchdog: 5 * time.Second}
}

func (s *section) secure() bool { return s.Security == signAndEncrypt }

// check gives the host:port to dial and everything that is wrong.
func (s *section) check() (host string, faults agent.Faults) {
	host = s.host(&faults)
	switch {
	case s.Security != signAndEncrypt && s.Security != noSecurity:
		faults.Add("opcua.security", "write sign_and_encrypt, or none", "there is no security %q", s.Security)
	case !s.secure() && !s.Insecure:
		faults.Add("opcua.security", "leave it out; or write insecure: true beside it, if the network is closed and the server offers nothing else",
			"without security anybody on the network can read along and put false values in")
	case !s.secure() && s.User != "":
		faults.Add("opcua.user", "write security: sign_and_encrypt, or leave user out", "the password would travel in the clear")
	case s.secure() && s.Insecure:
		faults.Add("opcua.insecure", "leave it out", "insecure goes with security: none only")
	}
	if (s.User == "") != (s.PasswordFile == "") {
		faults.Add("opcua.user", "write both user and password_file, or neither", "user and password_file belong together")
	}
	if s.PKI == "" {
		faults.Add("opcua.pki", "leave it out, or write a folder", "no folder for certificates")
	}
	if s.Mode != subscribeMode && s.Mode != pollMode {
		faults.Add("opcua.mode", "write subscribe or poll", "there is no mode %q", s.Mode)
	}
	if s.Sampling != 0 {
		within(&faults, "opcua.sampling", s.Sampling, 10*time.Millisecond, time.Hour)
	}
	if s.Queue < 1 || s.Queue > 10000 {
		faults.Add("opcua.queue", "write a number from 1 to 10000; 10 is usual", "a queue of %d changes is not possible", s.Queue)
	}
	within(&faults, "opcua.watchdog", s.Watchdog, time.Second, 20*time.Second)
	return host, faults
}

func within(faults *agent.Faults, path string, d, lo, hi time.Duration) {
	if d < lo || d > hi {
		faults.Add(path, fmt.Sprintf("write a time from %s to %s", lo, hi), "%s is not possible", d)
	}
}

func (s *section) host(faults *agent.Faults) string {
	const path, fix = "opcua.endpoint", `write "opc.tcp://HOST:PORT", for example "opc.tcp://10.10.1.12:4840"`
	u, err := url.Parse(s.Endpoint)
	switch {
	case s.Endpoint == "":
		faults.Add(path, fix, "no endpoint")
	case err != nil:
		faults.Add(path, fix, "%q is not an endpoint", s.Endpoint)
	case u.Scheme != "opc.tcp":
		faults.Add(path, fix, "%q is not reached by opc.tcp, the only transport spoken here", s.Endpoint)
	case u.Hostname() == "":
		faults.Add(path, fix, "%q names no host", s.Endpoint)
	case u.User != nil:
		faults.Add(path, "write user and password_file beside it", "a user or password in the endpoint")
	default:
		return hostPort(u, faults, path)
	}
	return ""
}

func hostPort(u *url.URL, faults *agent.Faults, path string) string {
	port := u.Port()
	if port == "" {
		port = "4840"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		faults.Add(path, "write a port from 1 to 65535; 4840 is usual", "%s is not a port", port)
		return ""
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// resolve makes the paths start from the configuration's folder.
func (s *section) resolve(dir string) {
	for _, path := range []*string{&s.PKI, &s.PasswordFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
}

// sampling is how often the server shall look at a tag's node.
func (s *section) sampling(tag *agent.Tag) time.Duration {
	if s.Sampling != 0 {
		return s.Sampling
	}
	return tag.Every
}

// beat is how often the heartbeat is sampled: several times per watchdog.
func (s *section) beat() time.Duration { return s.Watchdog / 5 }

// publishing is how often the server shall send what it has.
func (s *section) publishing(tags []*agent.Tag) time.Duration {
	often := s.beat()
	for _, tag := range tags {
		often = min(often, s.sampling(tag))
	}
	return max(often, 50*time.Millisecond)
}
