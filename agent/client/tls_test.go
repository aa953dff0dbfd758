package client

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// makePair writes a self-signed client certificate and its key.
func makePair(t *testing.T, dir, name string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "client.pem", certificatePEM(der))
	write(t, dir, "client.key", string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})))
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// tlsServer answers with the name in the client's certificate.
func tlsServer(t *testing.T, settings *tls.Config) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if certs := r.TLS.PeerCertificates; len(certs) > 0 {
			io.WriteString(w, certs[0].DNSNames[0])
		}
	}))
	server.TLS = settings
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestServerMustBeVouchedFor(t *testing.T) {
	server, dir := tlsServer(t, nil), t.TempDir()
	_, err := get(t, build(t, Config{}, dir), server.URL)
	wantError(t, Explain(err), "ca_file")

	trusting := build(t, Config{CAFile: "ca.pem"}, dir)
	_, err = get(t, trusting, server.URL)
	wantError(t, err, "ca_file "+filepath.Join(dir, "ca.pem")+" is missing")

	write(t, dir, "ca.pem", "no certificate")
	_, err = get(t, trusting, server.URL)
	wantError(t, err, "holds no certificate")

	write(t, dir, "ca.pem", certificatePEM(server.Certificate().Raw)) // put there while we run
	if _, err := get(t, trusting, server.URL); err != nil {
		t.Errorf("with the authority's certificate: %v", err)
	}

	other := makePair(t, t.TempDir(), "other")
	write(t, dir, "ca.pem", certificatePEM(other.Raw)) // and taken away
	_, err = get(t, trusting, server.URL)
	wantError(t, Explain(err), "ca_file")
}

func TestServerMustBeTheOneNamed(t *testing.T) {
	server, dir := tlsServer(t, nil), t.TempDir()
	write(t, dir, "ca.pem", certificatePEM(server.Certificate().Raw))
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	_, err := get(t, build(t, Config{CAFile: "ca.pem"}, dir), "https://localhost:"+port)
	wantError(t, Explain(err), "check the host")
}

func TestOldTLSIsRefused(t *testing.T) {
	server, dir := tlsServer(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), t.TempDir()
	write(t, dir, "ca.pem", certificatePEM(server.Certificate().Raw))
	_, err := get(t, build(t, Config{CAFile: "ca.pem"}, dir), server.URL)
	wantError(t, err, "protocol version")
}

func TestClientCertificateIsReadAtEachHandshake(t *testing.T) {
	server, dir := tlsServer(t, &tls.Config{ClientAuth: tls.RequireAnyClientCert}), t.TempDir()
	write(t, dir, "ca.pem", certificatePEM(server.Certificate().Raw))
	c := build(t, Config{CAFile: "ca.pem", CertFile: "client.pem", KeyFile: "client.key"}, dir)
	_, err := get(t, c, server.URL)
	wantError(t, err, "client.pem is missing")

	for _, name := range []string{"first", "renewed"} {
		makePair(t, dir, name)
		resp, err := get(t, c, server.URL)
		if err != nil {
			t.Fatalf("with the %s certificate: %v", name, err)
		}
		if got, _ := io.ReadAll(resp.Body); string(got) != name {
			t.Errorf("the server saw the certificate of %q, want %q", got, name)
		}
		c.CloseIdleConnections()
	}

	makePair(t, t.TempDir(), "other")
	key, _ := os.ReadFile(filepath.Join(dir, "client.key"))
	makePair(t, dir, "third")
	write(t, dir, "client.key", string(key))
	_, err = get(t, c, server.URL)
	wantError(t, err, "do not make a pair")
}
