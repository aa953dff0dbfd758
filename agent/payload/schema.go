package payload

import "embed"

//go:embed schema.json
var files embed.FS

// Schema gives the JSON Schema (draft 2020-12) of a payload.
func Schema() string {
	text, err := files.ReadFile("schema.json")
	if err != nil {
		panic("BUG: the schema is not embedded: " + err.Error())
	}
	return string(text)
}
