// Package client makes the HTTP client of outgoing connections: TLS, proxy and
// credentials, the same for every upstream that speaks HTTP. It stands between
// such an upstream and the network and imports package agent only.
//
// Secrets are never part of the configuration: it names files, which are read
// again at each request, so that a renewed token or certificate needs no
// restart. They appear in no error and no log; Redact hides them in what a
// server answers. No redirect is followed, so that credentials and readings go
// to the configured address and no other. HTTP/1.1 is all that one sender at a
// time needs; a connection that a dead link took along is noticed by the
// timeout and not used again, which HTTP/2 does not promise.
package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"recoup/agent"
)

const (
	defaultTimeout = 30 * time.Second
	longestTimeout = 10 * time.Minute
	dialTimeout    = 10 * time.Second
	idleTimeout    = 50 * time.Second // below the 60 s after which common NAT boxes forget a connection
)

// Config is the part of a section that says how to connect. A plug-in takes it
// in inline.
type Config struct {
	CAFile       string        `yaml:"ca_file"`   // PEM; trusted besides the system's authorities
	CertFile     string        `yaml:"cert_file"` // PEM; this client's certificate
	KeyFile      string        `yaml:"key_file"`
	Proxy        string        `yaml:"proxy"`   // URL, or none; default: what the environment says
	Timeout      time.Duration `yaml:"timeout"` // of one request, answer included; default 30 s
	TokenFile    string        `yaml:"token_file"`
	User         string        `yaml:"user"`
	PasswordFile string        `yaml:"password_file"`
	Insecure     bool          `yaml:"insecure"` // allow plain http beyond this computer
}

// New checks c and makes a client. It reads no file and opens no connection: the
// first request does. Relative paths start from dir. The error is agent.Faults,
// with paths within the section.
func New(c Config, dir string) (*http.Client, error) {
	faults := c.check()
	proxy := c.proxy(&faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	for _, path := range []*string{&c.CAFile, &c.CertFile, &c.KeyFile, &c.TokenFile, &c.PasswordFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	return &http.Client{
		Transport:     &transport{config: c, proxy: proxy},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       c.Timeout,
	}, nil
}

func (c Config) check() (faults agent.Faults) {
	switch {
	case c.CertFile != "" && c.KeyFile == "":
		faults.Add("cert_file", "add key_file with the certificate's private key", "a certificate without a key")
	case c.CertFile == "" && c.KeyFile != "":
		faults.Add("key_file", "add cert_file with the key's certificate", "a key without a certificate")
	}
	switch {
	case c.TokenFile != "" && c.User != "":
		faults.Add("user", "keep token_file, or user and password_file", "both a token and a user")
	case c.User != "" && c.PasswordFile == "":
		faults.Add("user", "add password_file", "a user without a password")
	case c.User == "" && c.PasswordFile != "":
		faults.Add("password_file", "add user", "a password without a user")
	}
	if c.Timeout != 0 && (c.Timeout < 100*time.Millisecond || c.Timeout > longestTimeout) {
		faults.Add("timeout", "write a time from 100ms to 10m, for example 30s", "%v is not a useful timeout", c.Timeout)
	}
	return faults
}

type proxyFunc func(*http.Request) (*url.URL, error)

func (c Config) proxy(faults *agent.Faults) proxyFunc {
	const fix = "write for example http://10.0.0.1:3128, or none"
	switch c.Proxy {
	case "":
		return fromEnvironment
	case "none":
		return nil
	}
	// The text is not repeated in a fault: it may hold a password.
	u, err := url.Parse(c.Proxy)
	switch {
	case err != nil || u.Hostname() == "":
		faults.Add("proxy", fix, "not the address of a proxy")
		return nil
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5":
		faults.Add("proxy", fix, "%q is not a kind of proxy that is known", u.Scheme)
		return nil
	case u.User != nil:
		faults.Add("proxy", "leave it out and set HTTPS_PROXY in the environment of the service", "a user or password in the configuration")
		return nil
	}
	return http.ProxyURL(u)
}

// fromEnvironment hides the variable's text, which may hold a password.
func fromEnvironment(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("the environment names a proxy that is not an address: check HTTPS_PROXY and HTTP_PROXY")
	}
	return u, nil
}

// transport adds what is read from files to requests.
type transport struct {
	config Config
	proxy  proxyFunc

	mu   sync.Mutex // guards all below; held for reading one small file only
	ca   string     // the text that base was made with
	base *http.Transport
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	base, err := t.current()
	if err == nil {
		r = r.Clone(r.Context())
		err = t.config.authorize(r.Header)
	}
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return base.RoundTrip(r)
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the base.
func (t *transport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.base != nil {
		t.base.CloseIdleConnections()
	}
}

// current gives the transport that trusts what ca_file holds now.
func (t *transport) current() (*http.Transport, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ca := ""
	if t.config.CAFile != "" {
		var err error
		if ca, err = readSmall("ca_file", t.config.CAFile); err != nil {
			return nil, err
		}
	}
	if t.base != nil && ca == t.ca {
		return t.base, nil
	}
	roots, err := authorities(t.config.CAFile, ca)
	if err != nil {
		return nil, err
	}
	if t.base != nil {
		t.base.CloseIdleConnections()
	}
	t.base, t.ca = t.build(roots), ca
	return t.base, nil
}

func authorities(path, ca string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil // the system's
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM([]byte(ca)) {
		return nil, fmt.Errorf("ca_file %s holds no certificate: put the authority's certificate there in PEM form", path)
	}
	return pool, nil
}

func (t *transport) build(roots *x509.CertPool) *http.Transport {
	settings := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	if t.config.CertFile != "" {
		settings.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return t.config.certificate() }
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  t.proxy,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSClientConfig:        settings,
		TLSHandshakeTimeout:    dialTimeout,
		IdleConnTimeout:        idleTimeout,
		ExpectContinueTimeout:  time.Second,
		MaxIdleConnsPerHost:    2,
		DisableCompression:     true, // answers are a line long
		MaxResponseHeaderBytes: 64 << 10,
		Protocols:              &protocols,
	}
}
