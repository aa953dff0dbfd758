package sim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// ServerCertificate is the name of the certificate's file in an OPC UA server's
// folder, to be trusted by clients.
const ServerCertificate = "server.der"

const serverKey = "server.key" // PKCS #8

// ownCertificate gives the certificate and key in dir, made at the first call,
// so that a restarted server is the same for its clients.
func ownCertificate(dir string) (cert []byte, key *rsa.PrivateKey, err error) {
	cert, err = os.ReadFile(filepath.Join(dir, ServerCertificate))
	if errors.Is(err, os.ErrNotExist) {
		return makeCertificate(dir)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("simulated server's certificate: %w", err)
	}
	der, err := os.ReadFile(filepath.Join(dir, serverKey))
	if err != nil {
		return nil, nil, fmt.Errorf("simulated server's key: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, nil, fmt.Errorf("simulated server's key (delete the folder %s to have a new one): %w", dir, err)
	}
	key, is := parsed.(*rsa.PrivateKey)
	if !is {
		return nil, nil, fmt.Errorf("simulated server's key in %s is not RSA; delete the folder to have a new one", dir)
	}
	return cert, key, nil
}

func makeCertificate(dir string) (cert []byte, key *rsa.PrivateKey, err error) {
	if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return nil, nil, fmt.Errorf("simulated server's key: %w", err)
	}
	uri, err := url.Parse("urn:recoup:sim")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "recoup sim", Organization: []string{"recoup"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
		URIs: []*url.URL{uri}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if cert, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key); err != nil {
		return nil, nil, fmt.Errorf("simulated server's certificate: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("simulated server's key: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("simulated server's folder: %w", err)
	}
	// The key first: a certificate without its key would be taken for a whole pair.
	if err := os.WriteFile(filepath.Join(dir, serverKey), der, 0o600); err != nil {
		return nil, nil, fmt.Errorf("simulated server's key: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, ServerCertificate), cert, 0o644); err != nil {
		return nil, nil, fmt.Errorf("simulated server's certificate: %w", err)
	}
	return cert, key, nil
}
