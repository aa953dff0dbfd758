package web

import (
	"net/http"
	"strconv"
	"strings"

	"recoup/agent/say"
)

// langOf finds the language of a request: ?lang= first, then what the browser
// prefers, else English. There are no cookies; links keep the language.
func langOf(r *http.Request) say.Lang {
	if l, ok := say.Parse(r.URL.Query().Get("lang")); ok {
		return l
	}
	return preferred(r.Header.Get("Accept-Language"))
}

// preferred reads an Accept-Language header: the known language of greatest
// weight, the first of equals.
func preferred(header string) say.Lang {
	best, weight := say.EN, 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(part, ";")
		l, ok := say.Parse(tag)
		if !ok {
			continue
		}
		q := 1.0
		if text, given := strings.CutPrefix(strings.TrimSpace(params), "q="); given {
			q, _ = strconv.ParseFloat(text, 64)
		}
		if q > weight {
			best, weight = l, q
		}
	}
	return best
}

// otherThan gives the language to change to.
func otherThan(l say.Lang) say.Lang {
	if l == say.ZH {
		return say.EN
	}
	return say.ZH
}
