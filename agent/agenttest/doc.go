// Package agenttest holds fakes of every boundary of package agent, and the
// suites that every Driver, Store and Upstream must pass. It stands outside the
// flow: only tests import it.
package agenttest
