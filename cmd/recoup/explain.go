package main

import (
	"recoup/agent/say"
)

func (p *playback) explainer(text string, short bool, lang say.Lang) (reader, error) {
	return nil, usageError("later")
}
