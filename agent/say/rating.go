package say

import "recoup/agent"

// Colour names the colour of a local rating, "" for none. A colour is never
// shown without its word.
func Colour(l Lang, c agent.Colour) string {
	switch c {
	case agent.Grey:
		return pair{"grey: nothing to rate", "灰：无法评级"}.in(l)
	case agent.Red:
		return pair{"red", "红"}.in(l)
	case agent.Yellow:
		return pair{"yellow", "黄"}.in(l)
	case agent.Green:
		return pair{"green", "绿"}.in(l)
	}
	return ""
}

// Rated tells a result's local rating: its colour in words, and the score.
func Rated(l Lang, r agent.Result) string {
	if r.Colour <= agent.Grey {
		return Colour(l, r.Colour)
	}
	return Colour(l, r.Colour) + pair{", ", "，"}.in(l) + Score(l, r.Score)
}

// Score writes a score between 0, the benchmark, and 1, the leading value.
func Score(l Lang, score float64) string {
	return pair{"score {n} of 1", "得分 {n}（满分 1）"}.fill(l, "n", fixed(score, 2))
}

// Rating tells what a quantity is rated against.
func Rating(l Lang, q agent.Quantity) string {
	if q.Rating == nil {
		return ""
	}
	shown := func(v float64) string {
		scale, unit := display(l, q.Unit)
		return Value(v*scale, "") + unit
	}
	text := pair{"benchmark {from}, leading value {to}", "基准值 {from}，领先值 {to}"}.fill(l, "from", shown(q.Rating.Benchmark), "to", shown(q.Rating.Leading))
	if q.Rating.Limit != nil {
		text += pair{", limit {limit}", "，限值 {limit}"}.fill(l, "limit", shown(*q.Rating.Limit))
	}
	return text
}
