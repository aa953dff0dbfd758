package web

import (
	"testing"

	"recoup/agent/say"
)

func TestPageInBothLanguages(t *testing.T) {
	for _, l := range say.Langs() {
		b := board(t)
		snap := snapshot(b)
		golden(t, "page."+l.String()+".html", string(server(t, b, nil).html("page.html", l, &snap, metricsOfParts())))
	}
}
