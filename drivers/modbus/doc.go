// Package modbus reads Modbus TCP devices. It stands at the head of the flow:
// a poller calls Read with the tags that are due, and gets a batch's readings.
//
//	at strings → addresses → plan (fewest requests) → wire (one at a time) → decode → readings
//
// A source is one wire: one TCP connection, shared by all unit ids behind it,
// because many gateways and PLCs take only a few connections and serve one
// request at a time. A unit that is silent rests by itself while its neighbours
// are read, and so does a single request that its unit does not answer; a source
// that is silent as a whole is an error, and the poller's to retry.
//
// goburrow/modbus is the codec and the client; the transport is ours, for these
// reasons. After one late reply goburrow's own transport fails every later call
// of the connection; it never dials again while it is polled; it knows no
// context; and nothing in it keeps a write request from leaving. Ours numbers
// the requests itself, so that a late reply is recognised, dropped and counted
// and can never become another register's value; it checks every reply against
// its request before the client sees it; it lets go of a connection that no
// longer makes sense; and it refuses every function code but the four that read
// before a byte leaves.
package modbus
