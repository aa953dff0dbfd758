package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"recoup/agent"
	"recoup/agent/client"
)

const (
	longestAnswer  = 64 << 10 // bytes read of an answer
	longestExcerpt = 300      // bytes of it shown to people
	longestRest    = time.Hour
)

// judge reads the answer and says what it means for d: nil, or an error with
// the mark that the forwarder goes by. Unmarked is temporary; Permanent only
// what a receiver says of the delivery itself.
func (u *Upstream) judge(ctx context.Context, response *http.Response, d agent.Delivery) error {
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer+1))
	status := response.StatusCode
	switch {
	case err == nil && status/100 == 2 && acknowledges(text, d):
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("reading the answer: %w", ctx.Err())
	case err != nil && status/100 == 2:
		return fmt.Errorf("%s: the answer broke off, so the same is sent again: %w", response.Request.URL.Host, client.Explain(err))
	}
	err = fmt.Errorf("%s answers %d, %s", response.Request.URL.Host, status, meaning(response))
	if says := oneLine(client.Redact(response, string(text))); says != "" {
		err = fmt.Errorf("%w; it says: %s", err, says)
	}
	err = agent.Because(reasonOf(status), err)
	switch status {
	case http.StatusRequestEntityTooLarge:
		return agent.TooLarge(err)
	case http.StatusBadRequest, http.StatusConflict, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return agent.Permanent(err)
	}
	if rest := u.restFor(response.Header.Get("Retry-After")); rest > 0 {
		return agent.RetryAfter(err, rest)
	}
	return err
}

// acknowledges reports whether the answer repeats the numbers of d.
func acknowledges(text []byte, d agent.Delivery) bool {
	var echo struct {
		Epoch string `json:"epoch"`
		From  uint64 `json:"from"`
		To    uint64 `json:"to"`
	}
	if len(text) > longestAnswer || json.Unmarshal(text, &echo) != nil {
		return false
	}
	return echo.Epoch == fmt.Sprintf("%016x", d.Epoch) && echo.From == d.From && echo.To == d.To
}

// meaning says in words what the answer is about and what to do next.
func meaning(response *http.Response) string {
	status := response.StatusCode
	switch status / 100 {
	case 2:
		return fmt.Sprintf("but with %s that does not repeat epoch and numbers: a portal or proxy on the way may have answered; check url and the network",
			kindOf(response))
	case 3:
		return "a redirect" + target(response) + ", which is not followed: write the receiver's own address into url"
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "it does not accept the credentials: check token_file, or user and password_file"
	case http.StatusNotFound:
		return "no receiver is at this address: check the path in url"
	case http.StatusProxyAuthRequired:
		return "the proxy asks for credentials: check proxy, or HTTPS_PROXY in the environment"
	case http.StatusRequestEntityTooLarge:
		return "the delivery is too large for it: it is sent in smaller pieces"
	case http.StatusBadRequest, http.StatusConflict, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return "it refuses what was sent: see what it says, and check that the receiver knows this payload version"
	case http.StatusExpectationFailed:
		return "it does not know Expect: the next try does without"
	}
	return "the batches are kept and sent again: see the receiver's own log"
}

func kindOf(response *http.Response) string {
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if kind = oneLine(client.Redact(response, kind)); kind != "" {
		return kind
	}
	return "an answer"
}

// target shows where a redirect leads, without what may be secret in it.
func target(response *http.Response) string {
	to, err := response.Location()
	if err != nil {
		return ""
	}
	return " to " + client.Redact(response, to.Scheme+"://"+to.Host+to.Path)
}

func reasonOf(status int) agent.Code {
	switch {
	case status/100 < 4:
		return agent.Protocol
	case status == http.StatusRequestEntityTooLarge:
		return agent.Oversize
	}
	return agent.Refused
}

// restFor reads Retry-After, seconds or a date; 0 when it says nothing.
func (u *Upstream) restFor(text string) time.Duration {
	var rest time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		rest = time.Duration(min(seconds, uint64(longestRest/time.Second))) * time.Second
	} else if date, err := http.ParseTime(text); err == nil {
		rest = date.Sub(u.clock.Wall())
	}
	return min(max(rest, 0), longestRest)
}

// oneLine gives the beginning of what a far side wrote, fit for a log line.
func oneLine(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if len(text) <= longestExcerpt {
		return text
	}
	end := longestExcerpt
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
