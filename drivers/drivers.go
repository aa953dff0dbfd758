// Package drivers lists every driver. It stands at the head of the flow: cmd
// takes the list, builds the drivers that the configuration names and gives
// them to the pollers. A new driver is one folder and one line here.
package drivers

import (
	"recoup/agent"
	"recoup/drivers/file"
	"recoup/drivers/modbus"
	"recoup/drivers/opcua"
)

// All gives every kind of driver by the name of its section in a source.
func All() map[string]agent.Kind[agent.Driver] {
	return map[string]agent.Kind[agent.Driver]{
		"file":   file.Kind(),
		"modbus": modbus.Kind(),
		"opcua":  opcua.Kind(),
	}
}
