// Package upstream lists every kind of upstream. It stands at the end of the
// flow: cmd takes the list, builds the upstreams that the configuration names
// and gives them to the forwarders. A new upstream is one folder and one line
// here.
package upstream

import (
	"recoup/agent"
	"recoup/agent/upstream/file"
	"recoup/agent/upstream/http"
)

// All gives every kind of upstream by the name of its section.
func All() map[string]agent.Kind[agent.Upstream] {
	return map[string]agent.Kind[agent.Upstream]{
		"file": file.Kind(),
		"http": http.Kind(),
	}
}
