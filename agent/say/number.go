package say

import (
	"math"
	"strconv"
	"strings"
	"time"

	"recoup/agent"
)

// thin separates groups of digits and numbers from their units; lines do not
// break there.
const thin = "\u202f"

// Figure gives a result's value and uncertainty for a headline, for example
// "95.88 %" and "± 0.97 %". A withheld one has words and no number; spread is
// "" when the uncertainty is not stated.
func Figure(l Lang, r agent.Result) (value, spread string) {
	if r.Withheld() || !finite(r.Value) {
		return Withheld(l, r.Reason.Code), ""
	}
	scale, unit := display(l, r.Unit)
	places := places(r.Value*scale, r.U*scale)
	value = fixed(r.Value*scale, places) + unit
	if r.Reason.Code == agent.CounterReset {
		value = "≥ " + value // what the totaliser counted before it began anew is not known
	}
	if r.U > 0 {
		spread = "± " + fixed(r.U*scale, places) + unit
	}
	return value, spread
}

// Withheld says in two or three words why a result carries no figure.
func Withheld(l Lang, c agent.Code) string {
	switch c {
	case agent.NoInput:
		return pair{"nothing fed in", "没有投入量"}.in(l)
	case agent.BoundViolated:
		return pair{"withheld", "不予显示"}.in(l)
	case agent.ClosureFailed:
		return pair{"the methods disagree", "两种方法不一致"}.in(l)
	}
	return pair{"insufficient data", "数据不足"}.in(l)
}

// interval writes value and uncertainty as one expression: "(95.88 ± 0.97) %".
func interval(l Lang, value, u float64, unit string) string {
	scale, unit := display(l, unit)
	places := places(value*scale, u*scale)
	if u <= 0 {
		return fixed(value*scale, places) + unit
	}
	text := fixed(value*scale, places) + " ± " + fixed(u*scale, places)
	if unit == "" {
		return text
	}
	return "(" + text + ")" + unit
}

// Value writes an engineering value with its unit to five digits; whole
// numbers keep all of theirs.
func Value(v float64, unit string) string {
	if unit == "1" {
		unit = ""
	} else if unit != "" {
		unit = thin + Unit(unit)
	}
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fixed(v, 0) + unit
	}
	text := fixed(v, digitsAfter(v, 5))
	if strings.Contains(text, ".") && !strings.Contains(text, "e") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + unit
}

// about writes an estimate to two digits.
func about(l Lang, v float64, unit string) string {
	if v != 0 && finite(v) {
		step := math.Pow10(int(math.Floor(math.Log10(math.Abs(v)))) - 1)
		v = math.Round(v/step) * step
	}
	_, suffix := display(l, unit)
	return fixed(v, digitsAfter(v, 2)) + suffix
}

// Percent writes a fraction such as a coverage, rounded towards zero so that
// 100 % means all of it.
func Percent(fraction float64) string {
	return strconv.FormatFloat(math.Floor(fraction*1000+1e-6)/10, 'f', -1, 64) + thin + "%"
}

// Unit writes a unit as people do: m³ for m3, t CO₂ for tCO2.
func Unit(unit string) string {
	return strings.NewReplacer("m3", "m³", "m2", "m²", "CO2", thin+"CO₂").Replace(unit)
}

// display gives the factor and the suffix that a result's unit is shown with.
func display(l Lang, unit string) (scale float64, suffix string) {
	switch unit {
	case "1":
		return 100, thin + "%"
	case "":
		return 1, ""
	case "yuan":
		return 1, thin + pair{"yuan", "元"}.in(l)
	}
	return 1, thin + Unit(unit)
}

// places gives how many decimals a value deserves: those of its uncertainty at
// two digits (JCGM 100, 7.2.6), four digits of its own when that is not stated.
func places(v, u float64) int {
	if u > 0 && finite(u) {
		return digitsAfter(u, 2)
	}
	return digitsAfter(v, 4)
}

// digitsAfter gives the decimals that show v with that many digits, 0…9.
func digitsAfter(v float64, digits int) int {
	v = math.Abs(v)
	if v == 0 || !finite(v) {
		return 0
	}
	exp := int(math.Floor(math.Log10(v)))
	if rounded := math.Round(v * math.Pow10(digits-1-exp)); rounded >= math.Pow10(digits) {
		exp++ // 0.996 at two digits is 1.0, not 1.00
	}
	return min(max(digits-1-exp, 0), 9)
}

func fixed(v float64, places int) string {
	if v != 0 && (math.Abs(v) >= 1e15 || math.Abs(v) < 1e-7) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	text := strconv.FormatFloat(v, 'f', places, 64)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return group(text)
}

// group parts the digits before the point in threes, from five digits on.
func group(text string) string {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "−", text[1:]
	}
	whole, rest, dot := strings.Cut(text, ".")
	if len(whole) >= 5 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + thin + whole[i:]
		}
	}
	if dot {
		rest = "." + rest
	}
	return sign + whole + rest
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Duration writes a length of time in the two largest units that matter.
func Duration(l Lang, d time.Duration) string {
	if d < 0 {
		return "−" + Duration(l, d.Abs())
	}
	unit := func(n time.Duration, en, zh string) string {
		return strconv.FormatInt(int64(n), 10) + pair{thin + en, thin + zh}.in(l)
	}
	two := func(a string, n time.Duration, b string) string {
		if n == 0 {
			return a
		}
		return a + " " + b
	}
	switch {
	case d < time.Second:
		return unit(d.Round(time.Millisecond)/time.Millisecond, "ms", "毫秒")
	case d < time.Minute:
		return unit(d/time.Second, "s", "秒")
	case d < 10*time.Minute:
		s := d % time.Minute / time.Second
		return two(unit(d/time.Minute, "min", "分钟"), s, unit(s, "s", "秒"))
	case d < time.Hour:
		return unit(d/time.Minute, "min", "分钟")
	case d < 24*time.Hour:
		m := d % time.Hour / time.Minute
		return two(unit(d/time.Hour, "h", "小时"), m, unit(m, "min", "分钟"))
	}
	h := d % (24 * time.Hour) / time.Hour
	return two(unit(d/(24*time.Hour), "d", "天"), h, unit(h, "h", "小时"))
}

// Seconds writes a length of time given in seconds, to the nearest second.
func Seconds(l Lang, s float64) string {
	if !finite(s) || math.Abs(s) > 1e9 {
		return pair{"unknown time", "时间不明"}.in(l)
	}
	return Duration(l, time.Duration(math.Round(s))*time.Second)
}

// Bytes writes a size in binary units.
func Bytes(n float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	at := 0
	for n >= 1024 && at < len(units)-1 {
		n, at = n/1024, at+1
	}
	digits := 0
	if at > 0 {
		digits = digitsAfter(n, 3)
	}
	return fixed(n, digits) + thin + units[at]
}
