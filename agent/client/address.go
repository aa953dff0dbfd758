package client

import (
	"net"
	"net/url"

	"recoup/agent"
)

// Address checks where requests are to go: an http or https URL without
// credentials, and plain http only to this computer unless c.Insecure. The error
// is agent.Faults with an empty path: the key is the caller's.
func (c Config) Address(text string) (*url.URL, error) {
	const fix = "write for example https://ingest.example.com/v1/batches"
	var faults agent.Faults
	u, err := url.Parse(text)
	switch {
	case text == "":
		faults.Add("", fix, "no address")
	case err != nil: // its text may hold a password
		faults.Add("", fix, "not an address")
	case u.Scheme != "http" && u.Scheme != "https":
		faults.Add("", fix, "an address that does not begin with https:// or http://")
	case u.Hostname() == "":
		faults.Add("", fix, "an address without a host")
	case u.User != nil:
		faults.Add("", "write user and password_file beside it", "a user or password in the address")
	case u.Fragment != "":
		faults.Add("", "leave out the # and what follows", "an address with a fragment")
	case u.Scheme == "http" && !c.Insecure && !loopback(u.Hostname()):
		faults.Add("", "write https://, or add insecure: true if the network is trusted",
			"plain http to %s: others on the way can read and change the readings and the credentials", u.Hostname())
	}
	return u, faults.Err()
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
