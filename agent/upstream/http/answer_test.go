package http

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		code                int
		permanent, tooLarge bool
		reason              agent.Code
		want                string
	}{
		{http.StatusMovedPermanently, false, false, agent.Protocol, "url"},
		{http.StatusFound, false, false, agent.Protocol, "url"},
		{http.StatusNotModified, false, false, agent.Protocol, "url"},
		{http.StatusBadRequest, true, false, agent.Refused, "refuses"},
		{http.StatusUnauthorized, false, false, agent.Refused, "token_file"},
		{http.StatusPaymentRequired, false, false, agent.Refused, "kept"},
		{http.StatusForbidden, false, false, agent.Refused, "token_file"},
		{http.StatusNotFound, false, false, agent.Refused, "path in url"},
		{http.StatusMethodNotAllowed, false, false, agent.Refused, "kept"},
		{http.StatusProxyAuthRequired, false, false, agent.Refused, "proxy"},
		{http.StatusRequestTimeout, false, false, agent.Refused, "kept"},
		{http.StatusConflict, true, false, agent.Refused, "refuses"},
		{http.StatusGone, false, false, agent.Refused, "kept"},
		{http.StatusRequestEntityTooLarge, false, true, agent.Oversize, "smaller"},
		{http.StatusUnsupportedMediaType, true, false, agent.Refused, "version"},
		{http.StatusUnprocessableEntity, true, false, agent.Refused, "refuses"},
		{http.StatusTooEarly, false, false, agent.Refused, "kept"},
		{http.StatusTooManyRequests, false, false, agent.Refused, "kept"},
		{http.StatusInternalServerError, false, false, agent.Refused, "kept"},
		{http.StatusNotImplemented, false, false, agent.Refused, "kept"},
		{http.StatusBadGateway, false, false, agent.Refused, "kept"},
		{http.StatusServiceUnavailable, false, false, agent.Refused, "kept"},
		{http.StatusGatewayTimeout, false, false, agent.Refused, "kept"},
	} {
		t.Run(fmt.Sprint(c.code), func(t *testing.T) {
			r, server := newReceiver(t, suiteTags)
			r.play(status(c.code, "why not"))
			err := open(t, server.URL).Send(t.Context(), deliveryOf(1, 1))
			wantError(t, err, fmt.Sprint(c.code), c.want)
			if c.code != http.StatusNotModified { // has no body
				wantError(t, err, "it says: why not")
			}
			if agent.IsPermanent(err) != c.permanent || agent.IsTooLarge(err) != c.tooLarge || agent.ReasonFor(err).Code != c.reason {
				t.Errorf("permanent %v, too large %v, reason %v, want %v, %v, %v", agent.IsPermanent(err), agent.IsTooLarge(err),
					agent.ReasonFor(err).Code, c.permanent, c.tooLarge, c.reason)
			}
		})
	}
}

func TestOnlyAnEchoIsAnAcknowledgement(t *testing.T) {
	const good = `{"epoch":"00000000000000e1","from":1,"to":2}`
	for _, c := range []struct {
		name, kind, text string
		code             int
		ok               bool
	}{
		{"the echo", "application/json", good, 200, true},
		{"the echo, stored later", "application/json", good, 202, true},
		{"the echo of a plain server", "", good + "\n", 201, true},
		{"a portal", "text/html; charset=utf-8", "<html><title>Log in</title>", 200, false},
		{"nothing", "", "", 204, false},
		{"empty JSON", "application/json", "{}", 200, false},
		{"null", "application/json", "null", 200, false},
		{"another epoch", "application/json", `{"epoch":"00000000000000e2","from":1,"to":2}`, 200, false},
		{"another epoch's form", "application/json", `{"epoch":"e1","from":1,"to":2}`, 200, false},
		{"less", "application/json", `{"epoch":"00000000000000e1","from":1,"to":1}`, 200, false},
		{"another beginning", "application/json", `{"epoch":"00000000000000e1","from":2,"to":2}`, 200, false},
		{"half of it", "application/json", good[:20], 200, false},
		{"something behind it", "application/json", good + "<html>", 200, false},
		{"without end", "application/json", good + strings.Repeat(" ", longestAnswer), 200, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, server := newReceiver(t, suiteTags)
			r.play(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.code)
				io.WriteString(w, c.text)
			})
			err := open(t, server.URL).Send(t.Context(), deliveryOf(1, 2))
			if c.ok {
				if err != nil {
					t.Errorf("Send: %v, want nil", err)
				}
				return
			}
			wantError(t, err, "does not repeat epoch and numbers", "check url", strings.TrimSuffix(c.kind, "; charset=utf-8"))
			if agent.IsPermanent(err) || agent.IsTooLarge(err) || agent.ReasonFor(err).Code != agent.Protocol {
				t.Errorf("error %v with reason %v, want a passing one with protocol", err, agent.ReasonFor(err).Code)
			}
		})
	}
}

func TestAnswerThatBreaksOffIsNotAnAcknowledgement(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	r.play(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"epoch":"00000000000000e1","from":1,"to":2}`)
	})
	err := open(t, server.URL).Send(t.Context(), deliveryOf(1, 2))
	wantError(t, err, "broke off")
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		code int
		text string
		want time.Duration
	}{
		{429, "17", 17 * time.Second},
		{503, "120", 2 * time.Minute},
		{401, "5", 5 * time.Second},
		{503, fixed.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		{503, "86400", time.Hour},
		{503, "99999999999999999999999", time.Hour},
		{503, fixed.AddDate(1, 0, 0).Format(http.TimeFormat), time.Hour},
		{503, fixed.Add(-time.Minute).Format(http.TimeFormat), 0},
		{503, "0", 0},
		{503, "-5", 0},
		{503, "soon", 0},
		{503, "", 0},
		{413, "10", 0},
		{422, "10", 0},
	} {
		r, server := newReceiver(t, suiteTags)
		r.play(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", c.text)
			w.WriteHeader(c.code)
		})
		err := open(t, server.URL).Send(t.Context(), deliveryOf(1, 1))
		wantError(t, err, fmt.Sprint(c.code))
		if got, _ := agent.RestOf(err); got != c.want {
			t.Errorf("rest after %d with %q is %v, want %v", c.code, c.text, got, c.want)
		}
	}
}

func TestRedirectGetsNothing(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		t.Errorf("the other host was asked, with %q", q.Header.Get("Authorization"))
	}))
	defer other.Close()
	r, server := newReceiver(t, suiteTags)
	for _, code := range []int{301, 302, 303, 307, 308} {
		r.play(http.RedirectHandler(other.URL+"/login?token="+secret, code).ServeHTTP)
		err := open(t, server.URL).Send(t.Context(), deliveryOf(1, 1))
		wantError(t, err, "a redirect to "+other.URL+"/login, which is not followed")
	}
}

// The far side may repeat what it was given; people see its answer, never the
// secret in it.
func TestSecretsAreNotShown(t *testing.T) {
	r, server := newReceiver(t, suiteTags)
	for _, code := range []int{200, 400, 401, 413, 500} {
		r.play(func(w http.ResponseWriter, q *http.Request) {
			token := q.Header.Get("Authorization")
			if !strings.HasSuffix(token, secret) {
				t.Errorf("Authorization is %q, want the token", token)
			}
			w.Header().Set("Content-Type", secret)
			w.WriteHeader(code)
			// the cut at 300 bytes falls into the secret
			io.WriteString(w, strings.Repeat("x", longestExcerpt-4)+secret)
		})
		err := open(t, server.URL+"/?key="+secret).Send(t.Context(), deliveryOf(1, 1))
		wantError(t, err, fmt.Sprint(code))
		if strings.Contains(err.Error(), secret[:4]) {
			t.Errorf("error shows the secret's beginning: %v", err)
		}
	}
	server.Close()
	wantError(t, open(t, server.URL+"/?key="+secret).Send(t.Context(), deliveryOf(1, 1)), "")
}

func TestOneLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{" a\r\n\tb\x00c\x1b[31m ", "a b c [31m"},
		{"\xff", "?"},
		{strings.Repeat("x", 300), strings.Repeat("x", 300)},
		{strings.Repeat("铝", 101), strings.Repeat("铝", 100) + "…"},
		{"x" + strings.Repeat("铝", 101), "x" + strings.Repeat("铝", 99) + "…"},
	} {
		if got := oneLine(c.text); got != c.want {
			t.Errorf("oneLine(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
