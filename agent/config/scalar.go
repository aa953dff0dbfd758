package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"recoup/agent"
)

// fault is a value's own fault, without a path.
func fault(msg, fix string) error { return agent.Faults{{Msg: msg, Fix: fix}} }

// duration reads a text such as 1s, 2h30m, 40d. A number alone is refused: it
// does not say what it counts.
func duration(s string) (time.Duration, error) {
	const fix = "write a number and ms, s, m, h or d, for example 500ms, 1s or 40d"
	if _, err := strconv.ParseFloat(s, 64); err == nil && s != "" {
		return 0, fault("the unit is missing after "+quote(s), "write "+s+"s, "+s+"m, "+s+"h or "+s+"d, as it is meant")
	}
	days := 0.0
	rest := s
	if head, tail, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseFloat(head, 64)
		if err != nil {
			return 0, fault(quote(s)+" is not a duration", fix)
		}
		days, rest = n, tail
	}
	var d time.Duration
	if rest != "" {
		var err error
		if d, err = time.ParseDuration(rest); err != nil {
			return 0, fault(quote(s)+" is not a duration", fix)
		}
	}
	total := days*24*float64(time.Hour) + float64(d)
	switch {
	case s == "" || math.IsNaN(total):
		return 0, fault(quote(s)+" is not a duration", fix)
	case total < 0 || days < 0 || d < 0:
		return 0, fault("a duration cannot be negative", fix)
	case total > float64(100*365*24*time.Hour):
		return 0, fault("the duration is longer than 100 years", fix)
	}
	return time.Duration(days*24*float64(time.Hour)) + d, nil
}

// size reads a text such as 4GiB or 500MB; a number alone counts bytes.
func size(s string) (int64, error) {
	units := []struct {
		name  string
		bytes float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1}}
	for _, u := range units {
		head, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(head), 64)
		if err != nil || n < 0 || n*u.bytes > 1<<60 || math.IsNaN(n) {
			break
		}
		return int64(n * u.bytes), nil
	}
	return 0, fault(quote(s)+" is not a size", "write a number and MiB, GiB, MB or GB, for example 500MiB or 4GiB")
}

// percent reads 2% or 0.02 as 0.02. A number alone above 1 could mean either.
func percent(s string) (float64, error) {
	head, signed := strings.CutSuffix(s, "%")
	f, err := number(strings.TrimSpace(head))
	switch {
	case err != nil:
		return 0, fault(quote(s)+" is not a percentage", "write a number and %, for example 90%")
	case signed:
		return f / 100, nil
	case f > 1 || f < 0:
		return 0, fault(quote(s)+" could be a percentage or a factor", "write "+s+"% or a number from 0 to 1")
	}
	return f, nil
}

// number reads a decimal number. Infinity and NaN are no configuration.
func number(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) && !strings.ContainsAny(s, "xX_pP") {
		return f, nil
	}
	fix := "write a number, for example 0.5"
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, fault("the number "+quote(s)+" is too large", fix)
	case strings.Contains(s, ","):
		fix = "write a point, not a comma, for example 0.5"
	case strings.Contains(s, "_"):
		fix = "write " + strings.ReplaceAll(s, "_", "")
	}
	return 0, fault("want a number, found "+quote(s), fix)
}

// boolean reads true or false, in capitals too: spreadsheets write them so.
func boolean(s string) (bool, error) {
	switch s {
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	fix := "write true or false"
	switch strings.ToLower(s) {
	case "yes", "on", "y", "1":
		fix = "write true"
	case "no", "off", "n", "0":
		fix = "write false"
	}
	return false, fault("want true or false, found "+quote(s), fix)
}

// whole reads a whole number that fits into bits; hexadecimal with 0x. A
// leading zero is refused, because it means octal to some and nothing to
// others.
func whole(s string, bits int) (int64, error) {
	digits := strings.TrimLeft(s, "+-")
	if len(digits) > 1 && digits[0] == '0' && strings.Trim(digits, "0123456789") == "" {
		return 0, fault("the number "+quote(s)+" begins with 0", "write "+strings.TrimLeft(digits, "0")+", or 0x… for a hexadecimal number")
	}
	base, text := 10, s
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		base, text = 16, hex
	}
	n, err := strconv.ParseInt(text, base, bits)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, strconv.ErrRange):
		high := int64(1)<<(bits-1) - 1
		return 0, fault("the number "+s+" is too large", "write a number up to "+strconv.FormatInt(high, 10))
	}
	return 0, fault("want a whole number, found "+quote(s), "write a whole number, for example 1")
}

// natural reads a whole number from 0 that fits into bits.
func natural(s string, bits int) (uint64, error) {
	if strings.HasPrefix(s, "-") {
		return 0, fault("the number "+s+" is negative", "write a number from 0")
	}
	base, text := 10, s
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		base, text = 16, hex
	}
	n, err := strconv.ParseUint(text, base, bits)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fault("the number "+s+" is too large", "write a number up to "+strconv.FormatUint(uint64(math.MaxUint64)>>(64-bits), 10))
	}
	if err != nil || len(text) > 1 && text[0] == '0' && base == 10 {
		_, err = whole(s, 64)
		return 0, err
	}
	return n, nil
}
