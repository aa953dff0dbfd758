// Package buffer keeps batches on disk between commit and forward, and serves
// history to the page and to the KPI engine. It implements agent.Store,
// agent.History and agent.Reporter on bbolt.
//
// A folder holds
//
//	meta.db                  cursors, gap ledger, epochs, the last mark, rows set aside
//	seg-<first number>.db    batches, 64 MiB a file; only the newest is written
//	kept.db                  stand-ins with the results and events of what is gone
//	quarantine/              damaged files, each with a note
//
// Append writes to the newest segment and nothing is ever deleted inside one:
// Tidy unlinks whole files, after a stand-in for their batches is safe in
// kept.db. So there is no compaction, and damage costs one file at most.
//
// Read store.go first, then append.go (writing), index.go (which copy of a
// number counts), read.go and next.go (reading), tidy.go (dropping), load.go
// (starting) and damage.go. frame.go, readings.go and results.go are the form
// on disk.
//
// Three decisions that will be questioned. Every frame carries its own CRC,
// because bbolt checks none of its data pages. After a failed commit the file is
// closed and a new one begun, because a second fsync after a failed one reports
// success for pages that are gone; the outcome of the failed commit is unknown,
// so of two copies of a number the one in the newer file counts. And every start
// begins a new segment, because the last one may end in such a commit.
package buffer
