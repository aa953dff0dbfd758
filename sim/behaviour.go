package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Behaviour is how an Upstream treats its clients. The zero value is a far
// side in good health.
type Behaviour struct {
	Delay     time.Duration // before a request is looked at
	FailEvery int           // every nth request fails: by turns 503 before storing, and a cut connection after storing
	Status    int           // answer to everything, for example 503; 0: none
	Retry     time.Duration // with Status: a Retry-After in whole seconds
	Token     string        // 401 for requests without this bearer token
	Portal    bool          // a captive portal: 200 and a page
	MaxBytes  int           // 413 for larger bodies, as sent; 0: no limit
	Poison    *Poison       // 400 for bodies that hold it
}

// Poison is a reading that an upstream will not take.
type Poison struct {
	Tag   string
	Value float64
}

// in reports whether the delivery holds the poisoned reading.
func (p *Poison) in(d *delivery) bool {
	for i := range d.Batches {
		for _, r := range d.Batches[i].Readings {
			if v, err := strconv.ParseFloat(string(r.Value), 64); err == nil && r.Tag == p.Tag && v == p.Value {
				return true
			}
		}
	}
	return false
}

// stand answers on purpose without looking into the body of size bytes, and
// says whether it did.
func (b *Behaviour) stand(w http.ResponseWriter, r *http.Request, size int) bool {
	switch {
	case b.Portal:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>Welcome</title><h1>Guest network</h1><p>Please accept the terms of use.")
	case b.Token != "" && r.Header.Get("Authorization") != "Bearer "+b.Token:
		w.Header().Set("WWW-Authenticate", `Bearer realm="recoup"`)
		http.Error(w, "this token is not known here", http.StatusUnauthorized)
	case b.Status != 0:
		if b.Retry > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(b.Retry/time.Second)))
		}
		http.Error(w, "as told by the test", b.Status)
	case b.MaxBytes > 0 && size > b.MaxBytes:
		http.Error(w, "the body is larger than "+strconv.Itoa(b.MaxBytes)+" bytes", http.StatusRequestEntityTooLarge)
	default:
		return false
	}
	return true
}
