// Package file takes readings from CSV files that are dropped into a folder:
// laboratory values, and history from elsewhere. It stands at the head of the
// flow: a poller calls Read, which takes what has come since.
//
//	folder ─► settled files ─► table ─► readings ─► batch ─► journal
//	folder.go                  table.go, cell.go    read.go  journal.go
//
// A file is taken whole, and once. Whole: it must not have changed for a while
// and end with a line's end. Once: its content's hash stands in a journal in the
// folder, so that neither a restart nor a second copy under another name brings
// the readings again. A file that changes is another file: what was corrected or
// added comes with a new copy of the rest, and of two readings of one tag and
// time the later one counts.
//
// The journal is written after the agent has recorded a file and had ten seconds
// to commit it, or has stopped in good order. A crash before that hands the file
// over twice; the other order would lose it. Only a file that waits in memory for
// longer, because the buffer's disk takes nothing, is lost by a crash.
//
// What cannot be read is named by file, line and column: in the log, as Bad
// readings where tag and time are known, and in .recoup-errors.txt beside the
// files, for those who wrote them. The files themselves are never touched.
package file
