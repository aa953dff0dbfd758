// Package sim is the plant without a plant: a cold rolling mill's oil recovery
// with a hidden truth, the PLC that shows it over Modbus TCP, and a far side
// that checks every delivery. It stands at both ends of the flow, outside it:
//
//	Mill ── Step ─► Values ─► Image ─► Server ─► (the agent) ─► Upstream
//	  └ Truth                                                     └ Status
//
// Hidden state comes first and instruments second. Every kilogram is accounted
// for at each step; what an instrument shows differs from it by gain, offset,
// noise, lag and resolution, and by the incidents that were scheduled. Tests
// compare what the agent computed with Truth, which the agent never sees.
//
// The package imports nothing of the agent's, so that a wrong byte order or a
// wrong formula on one side cannot cancel itself out on the other. All its
// servers listen on loopback only.
package sim
