package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// hard is what puts columns wrong: wide text, quotes, escapes, tabs, comments.
const hard = "# 注释\r\nplant: {id: mill, name: \"重庆 \\\"冷轧\\\"\"}\t# 尾注\r\n" +
	"sources:\r\n- name:\t'it''s'\r\n  标签: [{名: 一, a: \"二\", b: 'x', c: 3},\r\n   {名: \"é\\t\", d: 4}]\r\n" +
	"  text: |\r\n    abc\r\n    def\r\n  after: z # z\r\n  repeat: {a: a, aa: aa, aaa: aaa, b: a}\r\n  plain: two words and\r\n    more\r\n  last: end\r\n"

func TestPlaces(t *testing.T) {
	plain, _ := text([]byte(hard))
	root, problems := readYAML("a.yaml", plain)
	if len(problems) > 0 {
		t.Fatal(&Error{problems})
	}
	tests := []struct {
		path         string
		line, column int
	}{
		{"plant.id", 2, 13}, {"plant.name", 2, 25}, {"plant", 2, 8}, {"plant:", 2, 1},
		{"sources", 3, 1}, {"sources[0]", 4, 3}, {"sources[0].name", 4, 9}, {"sources[0].name:", 4, 3},
		{"sources[0].标签", 5, 7}, {"sources[0].标签[0]", 5, 8}, {"sources[0].标签[0].名", 5, 12}, {"sources[0].标签[0].a", 5, 18},
		{"sources[0].标签[0].b", 5, 26}, {"sources[0].标签[0].c", 5, 34}, {"sources[0].标签[1].名", 6, 8}, {"sources[0].标签[1].d", 6, 18},
		{"sources[0].text", 7, 9}, {"sources[0].after", 10, 10}, {"sources[0].repeat.a", 11, 15}, {"sources[0].repeat.aaa", 11, 31},
		{"sources[0].repeat.b", 11, 39}, {"sources[0].plain", 12, 10}, {"sources[0].last", 14, 9},
		{"", 2, 1}, {"absent", 2, 1}, {"plant.absent", 2, 8}, {"sources[7].name", 3, 1}, {"sources[0].absent[3].x:", 4, 3}, {"sources[x", 3, 1},
		{"plant.id.below", 2, 13}, {"plant.i", 2, 8},
	}
	for _, test := range tests {
		if got := root.find(test.path); got.line != test.line || got.column != test.column {
			t.Errorf("%q: got %d:%d, want %d:%d", test.path, got.line, got.column, test.line, test.column)
		}
	}
}

func TestFindTakesTheLongestKey(t *testing.T) {
	root, problems := readYAML("a.yaml", "columns: {acid: {strength: 1}, acid.strength: 2, acid.strength.max: 3}\n")
	if len(problems) > 0 {
		t.Fatal(&Error{problems})
	}
	for path, want := range map[string]int{"columns.acid.strength": 47, "columns.acid.strength.max": 69, "columns.acid": 17} {
		if got := root.find(path).column; got != want {
			t.Errorf("%s: got column %d, want %d", path, got, want)
		}
	}
}

// everyScalar checks that each plain value stands where it says.
func everyScalar(t *testing.T, n *node) {
	if n.kind == scalar && !n.quoted && !strings.Contains(n.text, " ") {
		line := []rune(n.at.file.line(n.at.line))
		if from := n.at.column - 1; from > len(line) || !strings.HasPrefix(string(line[from:]), n.text) {
			t.Errorf("%d:%d of %q is not where %q stands", n.at.line, n.at.column, string(line), n.text)
		}
	}
	for _, item := range n.items {
		everyScalar(t, item)
	}
	for _, e := range n.entries {
		everyScalar(t, e.value)
	}
}

func TestEveryValueStandsWhereItSays(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		text, trouble := readFile(path, "")
		if trouble != nil {
			t.Fatal(trouble)
		}
		if root, _ := readYAML(path, text); root != nil {
			everyScalar(t, root)
		}
	}
}

func TestAliasesDoNotMultiply(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 20; i++ {
		b.WriteString("a" + itoa(i) + ": &a" + itoa(i) + " [" + strings.Repeat("*a"+itoa(i-1)+", ", 9) + "*a" + itoa(i-1) + "]\n")
	}
	root, problems := readYAML("a.yaml", b.String())
	if root != nil || len(problems) != 1 || !strings.Contains(problems[0].Msg, "more than a million") {
		t.Errorf("got %v, %v", root, problems)
	}
	if _, err := Parse("a.yaml", []byte("plant: &p {id: mill, x: *p}\n")); err == nil || !strings.Contains(err.Error(), "no anchor &p stands above") {
		t.Errorf("an alias inside its own anchor: got %v", err)
	}
}

func TestNestingIsBounded(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 1e5), strings.Repeat("{a: ", 1e4), strings.Repeat("- ", 1e5) + "a", strings.Repeat("? ", 1e5), "a:\n" + strings.Repeat("[\n", 1000)} {
		if _, err := Parse("a.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "nested too deep") {
			t.Errorf("%.20q: got %.200v", text, err)
		}
	}
}

func TestGroupsAreBounded(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
	}{
		{"keys", strings.Repeat("k: 1\n", maxKeys+1), true},
		{"keys below", "a:\n" + strings.Repeat("  k: 1\n", maxKeys+1), true},
		{"a list", "a:\n" + strings.Repeat("- 1\n", 2*maxKeys), false},
		{"block entries", "a:\n" + strings.Repeat("  - b: 1\n    c: 2\n", maxKeys), false},
		{"comments", strings.Repeat("# a\n", 2*maxKeys) + "a: 1\n", false},
	}
	for _, test := range tests {
		if p, got := tooMuch(newFile("a.yaml", test.text)); got != test.want {
			t.Errorf("%s: got %v (%v), want %v", test.name, got, p, test.want)
		}
	}
}

func TestManyMistakes(t *testing.T) {
	text := "plant: {id: mill}\nsources:\n- {name: a, modbus: {}, tags: [\n" + strings.Repeat("  {name: b c},\n", maxProblems+7) + "]}\n"
	_, err := Parse("a.yaml", []byte(text))
	if want := "a.yaml: 7 more mistakes are not shown\n"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %.100v, want %s", err, want)
	}
}

func TestMask(t *testing.T) {
	tests := map[string]string{
		`http: {token: "a, b", url: x}`:             `http: {token: ******, url: x}`,
		`  password: hunter2 # old`:                 `  password: ******* # old`,
		`  "api_key": 'x y', a: 1`:                  `  "api_key": *****, a: 1`,
		`  token_file: secrets/hq`:                  `  token_file: secrets/hq`,
		`url: https://bob:密码@host:443/a`:            `url: https://bob:**@host:443/a`,
		`address: tcp://10.10.1.11:502, unit: 1`:    `address: tcp://10.10.1.11:502, unit: 1`,
		`a: {password: x, secret: y, token: zz, b}`: `a: {password: *, secret: *, token: **, b}`,
	}
	for in, want := range tests {
		if got := mask(in); got != want {
			t.Errorf("mask(%q): got %q, want %q", in, got, want)
		}
	}
}
