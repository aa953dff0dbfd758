package client

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
)

const largestFile = 1 << 20 // of certificates and secrets

func (c Config) authorize(h http.Header) error {
	switch {
	case c.TokenFile != "":
		token, err := readSecret("token_file", c.TokenFile)
		if err != nil {
			return err
		}
		h.Set("Authorization", "Bearer "+token)
	case c.User != "":
		password, err := readSecret("password_file", c.PasswordFile)
		if err != nil {
			return err
		}
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.User+":"+password)))
	}
	return nil
}

func (c Config) certificate() (*tls.Certificate, error) {
	cert, err := readSmall("cert_file", c.CertFile)
	if err != nil {
		return nil, err
	}
	key, err := readSmall("key_file", c.KeyFile)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return nil, fmt.Errorf("cert_file %s and key_file %s do not make a pair: check both: %w", c.CertFile, c.KeyFile, err)
	}
	return &pair, nil
}

// readSecret reads one line. Windows editors may put a byte order mark before
// it, or write UTF-16, which shows as control characters.
func readSecret(key, path string) (string, error) {
	text, err := readSmall(key, path)
	if err != nil {
		return "", err
	}
	text = strings.Trim(strings.TrimPrefix(text, "\ufeff"), "\r\n")
	if key == "token_file" {
		text = strings.TrimSpace(text)
	}
	switch {
	case text == "":
		return "", fmt.Errorf("%s %s is empty: write the secret into it", key, path)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' }):
		return "", fmt.Errorf("%s %s holds more than one line of plain text: write only the secret into it, as UTF-8", key, path)
	}
	return text, nil
}

func readSmall(key, path string) (string, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s %s is missing: put the file there or correct the path", key, path)
	case err != nil:
		return "", fmt.Errorf("%s cannot be read: let the account of the service read it: %w", key, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s cannot be read: check the path: %w", key, err)
	case len(text) > largestFile:
		return "", fmt.Errorf("%s %s is larger than 1 MiB: check the path", key, path)
	}
	return string(text), nil
}

// Redact hides the credentials of resp's request in text, which the server or a
// proxy wrote and which may repeat them.
func Redact(resp *http.Response, text string) string {
	if resp.Request == nil {
		return text
	}
	_, secret, _ := strings.Cut(resp.Request.Header.Get("Authorization"), " ")
	hidden := []string{secret}
	if _, password, ok := resp.Request.BasicAuth(); ok {
		hidden = append(hidden, password)
	}
	for _, s := range hidden {
		if s != "" {
			text = strings.ReplaceAll(text, s, "[hidden]")
		}
	}
	return text
}
