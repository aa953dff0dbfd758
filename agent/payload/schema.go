package payload

import _ "embed"

//go:embed schema.json
var schema string

// Schema gives the JSON Schema (draft 2020-12) of a payload.
func Schema() string { return schema }
