// Package opcua reads OPC UA servers. It stands at the head of the flow: a
// poller calls Read with the tags that are due, and gets a batch's readings.
//
//	at strings → node ids → channel → session → subscription → inbox ┐
//	                                  session → reads ───────────────┴→ decode → readings
//
// A source is one session on one connection. When anything is wrong with it the
// session ends, Read says why, and the next Read begins a new one; the poller
// decides how long to wait. Nothing is repaired in place.
//
// gopcua's packages ua, uacp and uasc are the codec and the secure channel; the
// session is ours instead of gopcua's Client, for these reasons. After a short
// cut its client says that it is connected while its subscription is silent for
// ever; one refused request stops its publishing; it hides the server's empty
// answers, so that silence cannot be told from death; it trusts any certificate
// that the server shows; and nothing in it keeps a write request from leaving.
// Ours knows nine requests, none of which changes a value, and refuses every
// other before a byte leaves; it takes only certificates that a person put into
// a folder; and it ends a session over which no heartbeat came for the watchdog's
// time.
//
// The heartbeat is the server's own clock, monitored like a tag. It proves that
// the server samples and publishes, and says until when no news is good news:
// see Batch.HeldUntil in drain.
package opcua
