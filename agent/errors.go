package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Fault is one thing wrong with a configuration. Path leads to it from the
// part's own entry ("tags[2].at", "modbus.address"); config turns it into
// file:line:column and shows the line. Fix says what to write instead.
type Fault struct{ Path, Msg, Fix string }

// Faults are all things wrong with a part: constructors report every one.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = strings.TrimPrefix(one.Path+": "+one.Msg, ": ")
		if one.Fix != "" {
			lines[i] += " (" + one.Fix + ")"
		}
	}
	return strings.Join(lines, "; ")
}

// Add notes a fault.
func (f *Faults) Add(path, fix, format string, args ...any) {
	*f = append(*f, Fault{Path: path, Msg: fmt.Sprintf(format, args...), Fix: fix})
}

// Join takes another part's error in: its faults with their paths below path,
// or the error itself as one fault.
func (f *Faults) Join(path string, err error) {
	var sub Faults
	switch {
	case err == nil:
	case errors.As(err, &sub):
		for _, one := range sub {
			*f = append(*f, Fault{Path: joinPath(path, one.Path), Msg: one.Msg, Fix: one.Fix})
		}
	default:
		*f = append(*f, Fault{Path: path, Msg: err.Error()})
	}
}

// Err gives the faults as an error, nil when there are none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func joinPath(a, b string) string {
	if a == "" || b == "" || strings.HasPrefix(b, "[") {
		return a + b
	}
	return a + "." + b
}

type reasoned struct {
	error
	code Code
}

func (r reasoned) Unwrap() error { return r.error }

// Because marks why a source failed. The outermost mark counts.
func Because(code Code, err error) error {
	if err == nil {
		return nil
	}
	return reasoned{err, code}
}

// ReasonFor gives the Reason of an error: its mark, else a passed deadline is a
// Timeout and the rest NoConnection.
func ReasonFor(err error) Reason {
	if err == nil {
		return Reason{}
	}
	var r reasoned
	switch {
	case errors.As(err, &r):
		return Reason{r.code, err.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return Reason{Timeout, err.Error()}
	}
	return Reason{NoConnection, err.Error()}
}

type sendError struct {
	error
	permanent, tooLarge bool
	after               time.Duration
}

func (e sendError) Unwrap() error { return e.error }

// Permanent marks a delivery that the far side will never take as it is: a
// claim that must be defensible. Everything unmarked is tried again for ever.
func Permanent(err error) error { return sendError{error: err, permanent: true} }

// TooLarge marks a delivery that the far side would take in smaller pieces.
func TooLarge(err error) error { return sendError{error: err, tooLarge: true} }

// RetryAfter marks a temporary error whose far side said how long to rest.
func RetryAfter(err error, d time.Duration) error { return sendError{error: err, after: d} }

// IsPermanent, IsTooLarge and RestOf read the marks.
func IsPermanent(err error) bool {
	var e sendError
	return errors.As(err, &e) && e.permanent
}

func IsTooLarge(err error) bool {
	var e sendError
	return errors.As(err, &e) && e.tooLarge
}

func RestOf(err error) (d time.Duration, said bool) {
	var e sendError
	if errors.As(err, &e) && e.after > 0 {
		return e.after, true
	}
	return 0, false
}

// ErrStopped is what Run returns when something still used the store when the
// grace was over: the process must end without closing it.
var ErrStopped = errors.New("stopped without closing the buffer, which the next start checks")
