// Package sim is the plant without a plant: a cold rolling mill's oil recovery,
// a sulfuric-acid regeneration and a glass works' waste-heat power, each with a
// hidden truth; what shows them over Modbus TCP, OPC UA and as a laboratory's
// files; and a far side that checks every delivery. It stands at both ends of
// the flow, outside it:
//
//	Mill, Glass ── Step ─► Values ─► Image ─► Server ─► (the agent) ─► Upstream
//	Acid ───────── Step ─► Values ─► nodes ─► OPC UA ─►      ▲            └ Status
//	 │               └ Titration ─► LabFolder ───────────────┘
//	 └ Truth
//
// Hidden state comes first and instruments second. Every kilogram and
// kilowatt-hour is accounted for at each step; what an instrument shows differs
// from it by gain, offset, noise, lag and resolution, and by the incidents that
// were scheduled. Tests compare what the agent computed with Truth, which the
// agent never sees. The OPC UA server stands in a process of its own, a Child of
// the one that needs it.
//
// The package imports nothing of the agent's, so that a wrong byte order or a
// wrong formula on one side cannot cancel itself out on the other. All its
// servers listen on loopback only.
package sim
