package agent

// Outlook is what the stated accuracies let a figure show, before anything is
// measured.
type Outlook struct {
	Quantity
	Goal, Room float64 // the target's limit; how far a figure can get beyond it, infinite for no physical bound
	AtMost     bool    // the target is to stay below
	Value      float64 // where the plant was assumed to run: at the target where that could be reached
	Reaches    []Reach // by window, shortest first; none when there is no uncertainty to tell
	Shares     []Share // of the variance over the longest window, largest first

	Assumed  []string // tags that were taken for the middle of their range
	Unknown  []string // tags that say neither what they usually show nor a range
	Unstated []string // tags without an accuracy: there is no uncertainty
	Why      Reason   // why there is no figure for the usual values
}

// Reach is the best expanded uncertainty (k = 2) over a kind of window.
type Reach struct {
	Window WindowKind
	U      float64
}

// Share is how much of the variance a tag gives, 0…1.
type Share struct {
	Tag  string
	Part float64
}
