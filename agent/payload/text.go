package payload

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"recoup/agent"
)

const hexDigits = "0123456789abcdef"

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

// appendFloat writes the shortest digits that read back to the same bits. f is
// finite.
func appendFloat(dst []byte, f float64) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// appendTime writes t in UTC. RFC 3339 has four digits for the year.
func appendTime(dst []byte, t time.Time) ([]byte, error) {
	t = t.UTC()
	if year := t.Year(); year < 0 || year > 9999 {
		return dst, fmt.Errorf("year %d cannot be written: check the clock that gave this time", year)
	}
	dst = append(dst, '"')
	dst = t.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"'), nil
}

func appendID(dst []byte, id uint64) []byte {
	dst = append(dst, '"')
	dst = appendHex(dst, id, 16)
	return append(dst, '"')
}

func appendHex(dst []byte, bits uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[bits>>shift&15])
	}
	return dst
}

func appendMark(dst []byte, m agent.Mark) []byte {
	dst = append(dst, `{"epoch":`...)
	dst = appendID(dst, m.Epoch)
	dst = append(dst, `,"seq":`...)
	dst = strconv.AppendUint(dst, m.Seq, 10)
	return append(dst, '}')
}

func appendReason(dst []byte, r agent.Reason) []byte {
	dst = append(dst, `{"code":`...)
	dst = appendString(dst, r.Code.String())
	if r.Detail != "" {
		dst = append(dst, `,"detail":`...)
		dst = appendString(dst, r.Detail)
	}
	return append(dst, '}')
}

// appendRaw writes the wire value: the kind, then bits that no reader rounds.
func appendRaw(dst []byte, v agent.Value) []byte {
	switch v.Kind() {
	case agent.Float32:
		return appendHex(append(dst, "f4:"...), v.Bits(), 8)
	case agent.Float64:
		return appendHex(append(dst, "f8:"...), v.Bits(), 16)
	case agent.Int64:
		return strconv.AppendInt(append(dst, "i:"...), int64(v.Bits()), 10)
	case agent.Uint64:
		return strconv.AppendUint(append(dst, "u:"...), v.Bits(), 10)
	case agent.Bool:
		return strconv.AppendUint(append(dst, "b:"...), v.Bits(), 10)
	case agent.Text:
		if utf8.ValidString(v.Text()) {
			return appendEscaped(append(dst, "s:"...), v.Text())
		}
		return hex.AppendEncode(append(dst, "x:"...), []byte(v.Text())) // a device's own code page
	}
	panic("BUG: a value of a kind that has no raw form")
}

func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

func appendEscaped(dst []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[done:i]...)
		switch {
		case c >= utf8.RuneSelf:
			dst = append(dst, "\ufffd"...)
		case c < ' ':
			dst = appendHex(append(dst, `\u`...), uint64(c), 4)
		default:
			dst = append(dst, '\\', c)
		}
		i += size
		done = i
	}
	return append(dst, s[done:]...)
}
