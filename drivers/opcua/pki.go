package opcua

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"recoup/agent"
)

const (
	ownCert = "cert.der"
	ownKey  = "key.pem"

	keyBits  = 2048
	ownYears = 5
)

// pki is the folder of certificates: own, trusted, rejected. A person moves
// certificates into trusted; nothing else makes a server trusted.
type pki struct{ folder string }

func (p pki) own(name string) string { return filepath.Join(p.folder, "own", name) }
func (p pki) trusted() string        { return filepath.Join(p.folder, "trusted") }

// identity is what this agent shows to servers.
type identity struct {
	cert []byte // DER
	key  *rsa.PrivateKey
	uri  string // ApplicationURI, the same as in the certificate
	ends time.Time
}

// identity loads the own certificate, and makes one the first time. It is never
// replaced by itself: every server would have to be told to trust the new one.
func (p pki) identity(now time.Time) (identity, error) {
	if _, err := os.Stat(p.own("")); errors.Is(err, fs.ErrNotExist) {
		if err := p.make(now); err != nil {
			return identity{}, fmt.Errorf("recoup's own certificate cannot be made (let its account write the folder %s): %w", p.folder, err)
		}
	}
	return p.load()
}

func (p pki) load() (identity, error) {
	const advice = "put both files back, or remove the folder to have new ones made, which servers must be told to trust"
	cert, err := os.ReadFile(p.own(ownCert))
	if err != nil {
		return identity{}, fmt.Errorf("own certificate (%s): %w", advice, err)
	}
	text, err := os.ReadFile(p.own(ownKey))
	if err != nil {
		return identity{}, fmt.Errorf("key of the own certificate (%s): %w", advice, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return identity{}, fmt.Errorf("%s is no PEM file: %s", p.own(ownKey), advice)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return identity{}, fmt.Errorf("%s holds no key (%s): %w", p.own(ownKey), advice, err)
	}
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		return identity{}, fmt.Errorf("%s is no certificate (%s): %w", p.own(ownCert), advice, err)
	}
	private, isRSA := key.(*rsa.PrivateKey)
	if !isRSA || !private.PublicKey.Equal(parsed.PublicKey) || len(parsed.URIs) == 0 {
		return identity{}, fmt.Errorf("%s and %s do not make a pair with an application URI: %s", p.own(ownCert), p.own(ownKey), advice)
	}
	return identity{cert, private, parsed.URIs[0].String(), parsed.NotAfter}, nil
}

// make writes certificate and key into a new folder and then names it own, so
// that half of the pair can never be found; another source may have been faster.
func (p pki) make(now time.Time) error {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return err
	}
	cert, err := selfSigned(key, now)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.folder, 0o755); err != nil {
		return err
	}
	next, err := os.MkdirTemp(p.folder, "own-next-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(next)
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	if err := errors.Join(
		os.WriteFile(filepath.Join(next, ownKey), text, 0o600),
		os.WriteFile(filepath.Join(next, ownCert), cert, 0o644),
		os.MkdirAll(p.trusted(), 0o755),
	); err != nil {
		return err
	}
	if err := os.Rename(next, p.own("")); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func selfSigned(key *rsa.PrivateKey, now time.Time) ([]byte, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	form := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "recoup on " + host},
		NotBefore:             now.Add(-24 * time.Hour), // the server's clock may be behind
		NotAfter:              now.AddDate(ownYears, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment | x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		URIs:                  []*url.URL{{Scheme: "urn", Opaque: url.PathEscape(host) + ":recoup"}},
		DNSNames:              []string{host},
	}
	return x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
}

// trust gives the server's certificate if a person has put it into the folder
// trusted. Another one is kept in rejected, where a person can fetch it; the
// error says how. The file decides, not dates or names in it.
func (p pki) trust(shown []byte) (*x509.Certificate, error) {
	chain, err := x509.ParseCertificates(shown)
	if err != nil || len(chain) == 0 {
		return nil, agent.Because(agent.Refused, errors.New("the server shows no certificate that can be read (give it one, with an RSA key)"))
	}
	cert := chain[0]
	if _, is := cert.PublicKey.(*rsa.PublicKey); !is {
		return nil, agent.Because(agent.Refused, errors.New("the server's certificate has no RSA key, which Basic256Sha256 needs (give it another)"))
	}
	known, err := p.trusts(cert)
	if known || err != nil {
		return cert, err
	}
	print := thumbprint(cert.Raw)
	path := filepath.Join(p.folder, "rejected", print+".der")
	where := "it was put into " + path
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, cert.Raw, 0o644)); err != nil {
		where = fmt.Sprintf("it could not be kept in %s: %v", path, err)
	}
	return nil, agent.Because(agent.Refused, fmt.Errorf("the server's certificate is not trusted: %q, thumbprint %s; %s; compare the thumbprint with the one that the server shows, then move the file to %s",
		cert.Subject.CommonName, print, where, p.trusted()))
}

func (p pki) trusts(cert *x509.Certificate) (bool, error) {
	entries, err := os.ReadDir(p.trusted())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, agent.Because(agent.Refused, fmt.Errorf("the folder of trusted certificates cannot be read (let recoup's account read it): %w", err))
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(p.trusted(), e.Name()))
		if err != nil {
			continue // a folder, or a file that trusts nobody
		}
		if block, _ := pem.Decode(text); block != nil {
			text = block.Bytes
		}
		if bytes.Equal(text, cert.Raw) {
			return true, nil
		}
	}
	return false, nil
}

// thumbprint is the SHA-1 of a certificate, as OPC UA tools show it.
func thumbprint(cert []byte) string {
	return strings.ToUpper(fmt.Sprintf("%x", sha1.Sum(cert)))
}
