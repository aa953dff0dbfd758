package opcua

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

// secureRig is a server with security behind a link, and a driver of it.
func secureRig(t *testing.T, lines ...string) (d *Driver, l *link, cert []byte) {
	t.Helper()
	l = newLink(t, 0)
	cert, key := certificate(t)
	server := startServer(t, orders{Secure: true, Cert: cert, Key: key, Known: []int{l.port()}})
	l.setTarget(server.port)
	return openDriver(t, l.addr, tagsOf("flow"), lines...), l, cert
}

func (p pki) trustForTest(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(p.trusted(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.trusted(), name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestUnknownServerIsRefusedUntilTrusted(t *testing.T) {
	for _, mode := range []string{pollMode, subscribeMode} {
		t.Run(mode, func(t *testing.T) {
			d, _, cert := secureRig(t, "mode: "+mode)
			_, err := read(t, d)
			rejected := filepath.Join(d.pki.folder, "rejected", thumbprint(cert)+".der")
			if why := agent.ReasonFor(err); why.Code != agent.Refused || !strings.Contains(why.Detail, thumbprint(cert)) ||
				!strings.Contains(why.Detail, rejected) || !strings.Contains(why.Detail, d.pki.trusted()) {
				t.Fatalf("got %+v, want refused, with thumbprint, where it lies and where it belongs", why)
			}
			if n := metric(d, "recoup_opcua_sessions_total"); n != 0 {
				t.Errorf("sessions = %g, want none", n)
			}
			if err := os.Rename(rejected, filepath.Join(d.pki.trusted(), "server.der")); err != nil {
				t.Fatal(err)
			}
			if r := mustRead(t, d).Readings[0]; !isValue(12.5)(r) {
				t.Errorf("trusted, but got %s", show(r))
			}
		})
	}
}

func TestTrustedAsPEM(t *testing.T) {
	d, _, cert := secureRig(t)
	d.pki.trustForTest(t, "server.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	mustRead(t, d)
}

// TestOtherCertificateIsRefused: the place is the same and the server is not.
func TestOtherCertificateIsRefused(t *testing.T) {
	d, l, cert := secureRig(t)
	d.pki.trustForTest(t, "server.der", cert)
	mustRead(t, d)
	other, key := certificate(t)
	imposter := startServer(t, orders{Secure: true, Cert: other, Key: key, Known: []int{l.port()}})
	l.cut()
	l.setTarget(imposter.port)
	l.up(t)
	var err error
	until(t, "the refusal", func() bool { _, err = read(t, d); return agent.ReasonFor(err).Code == agent.Refused })
	if !strings.Contains(err.Error(), thumbprint(other)) {
		t.Errorf("got %v, want the imposter's thumbprint %s", err, thumbprint(other))
	}
	if n := metric(d, "recoup_opcua_sessions_total"); n != 1 {
		t.Errorf("sessions = %g, want the first only", n)
	}
}

// TestNoFallback: a server without security gets no session, whatever it offers.
func TestNoFallback(t *testing.T) {
	l := newLink(t, 0)
	server := startServer(t, orders{Known: []int{l.port()}})
	l.setTarget(server.port)
	d := openDriver(t, l.addr, tagsOf("flow"))
	_, err := read(t, d)
	if why := agent.ReasonFor(err); why.Code != agent.Refused || !strings.Contains(why.Detail, "None None") {
		t.Errorf("got %+v, want refused, with what the server offers", why)
	}
}

func TestUserAndPassword(t *testing.T) {
	d, _, cert := secureRig(t, "user: recoup", "password_file: secret")
	d.pki.trustForTest(t, "server.der", cert)
	_, err := read(t, d)
	if why := agent.ReasonFor(err); why.Code != agent.Refused || !strings.Contains(why.Detail, "password_file") {
		t.Errorf("without the file got %+v, want refused, with what is missing", why)
	}
	if err := os.WriteFile(d.section.PasswordFile, []byte("\ufeffopen sesame\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRead(t, d)
}

func TestOwnCertificate(t *testing.T) {
	p := pki{folder: filepath.Join(t.TempDir(), "pki")}
	now := time.Now()
	first, err := p.identity(now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.identity(now.Add(time.Hour))
	if err != nil || string(again.cert) != string(first.cert) {
		t.Errorf("made again: %v; want the same certificate at every start", err)
	}
	cert, err := x509.ParseCertificate(first.cert)
	if err != nil {
		t.Fatal(err)
	}
	if len(cert.URIs) != 1 || cert.URIs[0].String() != first.uri || !strings.HasSuffix(first.uri, ":recoup") || len(cert.DNSNames) != 1 {
		t.Errorf("alternative names %v %v, want the application URI %s and the host", cert.URIs, cert.DNSNames, first.uri)
	}
	if years := first.ends.Sub(now).Hours() / 24 / 365; years < 4.9 || years > 5.1 {
		t.Errorf("ends in %g years, want 5", years)
	}
	if info, err := os.Stat(p.own(ownKey)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key: %v, %v; want it readable by its owner only", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(p.folder, "own-next-*")); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

// TestHalfAPairIsNotReplaced: a new certificate would have to be trusted on
// every server, so a person decides.
func TestHalfAPairIsNotReplaced(t *testing.T) {
	for _, name := range []string{ownCert, ownKey} {
		p := pki{folder: t.TempDir()}
		if _, err := p.identity(time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(p.own(name)); err != nil {
			t.Fatal(err)
		}
		if _, err := p.identity(time.Now()); err == nil || !strings.Contains(err.Error(), "put both files back") {
			t.Errorf("without %s: %v, want what to do", name, err)
		}
		if _, err := os.Stat(p.own(name)); err == nil {
			t.Errorf("%s was made anew", name)
		}
	}
}

// TestOwnCertificateIsMadeOnce: sources share the folder and start together.
func TestOwnCertificateIsMadeOnce(t *testing.T) {
	p := pki{folder: t.TempDir()}
	made := make(chan identity)
	for range 4 {
		go func() {
			id, err := p.identity(time.Now())
			if err != nil {
				t.Error(err)
			}
			made <- id
		}()
	}
	first := <-made
	for range 3 {
		if other := <-made; string(other.cert) != string(first.cert) {
			t.Error("two certificates were made")
		}
	}
}
