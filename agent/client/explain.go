package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// Explain gives the error of a request without its address, which may hold
// secrets, and with what to do next.
func Explain(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		timeout := outer.Timeout()
		err = outer.Err
		if timeout && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("no answer in time: check the network and the server, or raise timeout: %w", err)
		}
	}
	if advice := adviceFor(err); advice != "" {
		return fmt.Errorf("%s: %w", advice, err)
	}
	return err
}

func adviceFor(err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		alert    tls.AlertError
		dns      *net.DNSError
		dropping *net.OpError
	)
	switch {
	case errors.As(err, &unknown):
		return "nobody trusted vouches for the server's certificate: put its authority's certificate into ca_file"
	case errors.As(err, &host):
		return "the server's certificate is for another name: check the host in the address"
	case errors.As(err, &invalid):
		return "the server's certificate is not valid: check this computer's clock and the certificate"
	case errors.As(err, &alert):
		return "the server ended the TLS handshake: check cert_file and what the server asks for"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS: check scheme and port of the address"
	case errors.As(err, &dns):
		return "the host has no address: check its name and this computer's DNS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: check the address and the server"
	case errors.As(err, &dropping):
		return "the connection failed: check network, firewall and proxy"
	}
	return ""
}
