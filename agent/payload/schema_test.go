package payload

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"recoup/agent"
)

type node = map[string]any

// TestSchemaNamesExactlyWhatIsWritten compares the paths of the sample, which
// uses every field, with the paths that the schema allows.
func TestSchemaNamesExactlyWhatIsWritten(t *testing.T) {
	var root node
	if err := json.Unmarshal([]byte(Schema()), &root); err != nil {
		t.Fatal(err)
	}
	allowed, written := map[string]bool{}, map[string]bool{}
	schemaPaths(root, root, "", allowed)
	for _, build := range []func() (agent.Delivery, tags){sample, part} {
		d, _ := build()
		var document any
		if err := json.Unmarshal(encode(t, d), &document); err != nil {
			t.Fatal(err)
		}
		documentPaths(document, "", written)
	}
	for _, path := range slices.Sorted(maps.Keys(allowed)) {
		if !written[path] {
			t.Errorf("the schema has %s, which is never written", path)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(written)) {
		if !allowed[path] {
			t.Errorf("%s is written, which the schema has not", path)
		}
	}
}

func resolve(root, s node) node {
	ref, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	return root["$defs"].(node)[strings.TrimPrefix(ref, "#/$defs/")].(node)
}

func schemaPaths(root, s node, path string, allowed map[string]bool) {
	s = resolve(root, s)
	if items, ok := s["items"].(node); ok {
		schemaPaths(root, items, path+"[]", allowed)
	}
	if values, ok := s["additionalProperties"].(node); ok {
		schemaPaths(root, values, path+".*", allowed)
	}
	properties, _ := s["properties"].(node)
	for name, sub := range properties {
		allowed[path+"."+name] = true
		if name == "was" {
			continue // a result again
		}
		schemaPaths(root, sub.(node), path+"."+name, allowed)
	}
}

func names(list any) []string {
	var all []string
	values, _ := list.([]any)
	for _, v := range values {
		all = append(all, v.(string))
	}
	return all
}

// documentPaths calls a name in a map with free names "*", as the schema does.
func documentPaths(v any, path string, written map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			documentPaths(one, path+"[]", written)
		}
	case node:
		for name, one := range v {
			sub := path + "." + name
			if path == ".tags" || strings.HasSuffix(path, ".gap.rows") {
				sub = path + ".*"
			} else {
				written[sub] = true
			}
			if name != "was" {
				documentPaths(one, sub, written)
			}
		}
	}
}

// TestRequiredFieldsAreAlwaysWritten walks a delivery in which nothing is set
// that need not be.
func TestRequiredFieldsAreAlwaysWritten(t *testing.T) {
	var root node
	if err := json.Unmarshal([]byte(Schema()), &root); err != nil {
		t.Fatal(err)
	}
	tag := &agent.Tag{Name: "a"}
	d := agent.Delivery{Epoch: 1, From: 1, To: 1, Batches: []*agent.Batch{{
		Mark: agent.Mark{Epoch: 1, Seq: 1}, Source: "s",
		Readings: []agent.Reading{{Tag: tag}},
		Results:  []agent.Result{{Terms: []agent.Term{{Lost: []agent.Lost{{}}}}}},
		Events:   []agent.Event{{Gap: &agent.Gap{}}},
	}}}
	text, err := Append(nil, Header{}, d)
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if missing := missingRequired(root, root, document, ""); len(missing) > 0 {
		t.Errorf("required but not written: %v", missing)
	}
	if _, _, err := decode(text, tags{"a": tag}); err != nil {
		t.Errorf("the barest payload is not read: %v", err)
	}
}

func missingRequired(root, s node, v any, path string) []string {
	s = resolve(root, s)
	var missing []string
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			missing = append(missing, missingRequired(root, s["items"].(node), one, path+"[]")...)
		}
	case node:
		for _, name := range names(s["required"]) {
			if _, ok := v[name]; !ok {
				missing = append(missing, path+"."+name)
			}
		}
		properties, _ := s["properties"].(node)
		for name, one := range v {
			if sub, ok := properties[name].(node); ok {
				missing = append(missing, missingRequired(root, sub, one, path+"."+name)...)
			}
		}
	}
	return missing
}

func TestSchemaNamesEveryCode(t *testing.T) {
	var root node
	if err := json.Unmarshal([]byte(Schema()), &root); err != nil {
		t.Fatal(err)
	}
	got := names(root["$defs"].(node)["code"].(node)["enum"])
	want := []string{""}
	for _, c := range agent.Codes() {
		want = append(want, c.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("codes in the schema are %v, want %v", got, want)
	}
}
