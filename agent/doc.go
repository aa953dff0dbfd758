// Package agent is the program: its words and its engine. It stands in the
// middle of the flow
//
//	Driver.Read → poll → record → commit → Store → forward → Upstream.Send
//
// and imports the standard library only. One type, Batch, moves left to right
// and never back; against the stream travel only a returned error and the end
// of a context. Each part knows what the part on its left and its constructor
// gave it, no more.
//
// Read agent.go (Run) first, then poll.go, record.go, commit.go, forward.go and
// parts.go.
//
// Goals, ranked: 1 never lose a reading silently; 2 never disturb a PLC;
// 3 never show a guess as a fact; 4 easy to see; 5 easy to change; 6 fast.
package agent
