package say

import (
	"strconv"

	"recoup/agent"
)

// Claim tells which carriers could be behind a pair of energy and CO2.
func Claim(l Lang, c agent.Claim) string {
	least, most := c.Range()
	text := pair{
		"{n}: {e} tce and {c} t CO2 imply {r} t/tce", "{n}：{e} tce 与 {c} t CO2 对应 {r} t/tce",
	}.fill(l, "n", c.Name, "e", thousands(c.TCE), "c", thousands(c.CO2), "r", ratioOf(c.Implied()))
	text += pair{" (", "（"}.in(l)
	for i, carrier := range c.Carriers {
		if i > 0 {
			text += pair{", ", "，"}.in(l)
		}
		text += carrierName(l, carrier.Name) + " " + ratioOf(carrier.Ratio)
	}
	text += pair{"; electricity by {v})", "；电力按{v}）"}.fill(l, "v", conventionOf(l, c))
	switch {
	case c.CO2 > most*1.0005:
		text += pair{": not possible with energy alone, which gives {m} t at most; the rest must be process emissions", "：仅靠能源不可能达到，最多为 {m} t；其余须为工艺排放"}.fill(l, "m", thousands(most))
	case c.CO2 < least*0.9995:
		text += pair{": not possible, the least is {m} t unless renewable energy or biomass is counted", "：不可能成立，最少为 {m} t，除非计入可再生能源或生物质"}.fill(l, "m", thousands(least))
	default:
		text += mixtures(l, c)
	}
	return sentence(l, text)
}

// mixtures tells what the claim takes: the most that fuels alone give, and which
// share of the carrier above it has.
func mixtures(l Lang, c agent.Claim) string {
	highest := c.Carriers[len(c.Carriers)-1]
	var text string
	if fuel, ok := richestFuel(c); ok && c.Implied() > fuel.Ratio {
		text += pair{": above every fuel, all {f} would give {m} t", "：高于任何燃料，全部为{f}时为 {m} t"}.fill(l, "f", carrierName(l, fuel.Name), "m", thousands(c.TCE*fuel.Ratio))
	}
	for _, rest := range c.Carriers[:len(c.Carriers)-1] {
		if share, possible := c.Share(highest, rest); possible {
			text += pair{"; {s} {h} if the rest is {f}", "；若其余为{f}，{h}须占 {s}"}.fill(l, "s", percentOf(share), "h", carrierName(l, highest.Name), "f", carrierName(l, rest.Name))
		}
	}
	return text + pair{"; or process emissions", "；或含工艺排放"}.in(l)
}

func richestFuel(c agent.Claim) (best agent.Carrier, ok bool) {
	for _, carrier := range c.Carriers {
		if carrier.Fuel && carrier.Ratio > best.Ratio {
			best, ok = carrier, true
		}
	}
	return best, ok
}

func conventionOf(l Lang, c agent.Claim) string {
	if c.EqualValue {
		return pair{"equal value", "等价值"}.in(l)
	}
	return pair{"equivalent value", "当量值"}.in(l)
}

func carrierName(l Lang, name string) string {
	return map[string]pair{"coal": {"coal", "煤"}, "gas": {"natural gas", "天然气"}, "electricity": {"electricity", "电力"}}[name].in(l)
}

func ratioOf(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

func percentOf(share float64) string { return strconv.FormatFloat(100*share, 'f', 0, 64) + "\u202f%" }

func thousands(v float64) string { return Value(v, "") }
