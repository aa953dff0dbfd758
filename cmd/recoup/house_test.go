package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The law of the house. Each rule names what it protects.

// topLevel is all that may stand at the root: a newcomer sees the whole plan.
var topLevel = []string{
	".ci", ".git", ".gitignore", ".golangci.yml", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "README.zh-CN.md",
	"SECURITY.md", "agent", "bin", "buffer", "cmd", "dist", "drivers", "go.mod", "go.sum", "packaging", "sim",
}

// mayImport lists which of our packages a folder may import. The longest
// matching prefix counts; "self" allows packages below the folder itself.
var mayImport = map[string][]string{
	"agent":               {},
	"agent/agenttest":     {"agent"},
	"agent/config":        {"agent"},
	"agent/kpi":           {"agent"},
	"agent/payload":       {"agent"},
	"agent/client":        {"agent"},
	"agent/rules":         {"agent"},
	"agent/say":           {"agent"},
	"agent/web":           {"agent", "agent/say"},
	"agent/upstream":      {"agent", "agent/upstream/file", "agent/upstream/http"},
	"agent/upstream/file": {"agent", "agent/payload"},
	"agent/upstream/http": {"agent", "agent/payload", "agent/client"},
	"drivers":             {"agent", "drivers/file", "drivers/modbus", "drivers/opcua"},
	"drivers/file":        {"agent"},
	"drivers/modbus":      {"agent"},
	"drivers/opcua":       {"agent"},
	"buffer":              {"agent"},
	"sim":                 {},
}

// standardOnly are the packages that import nothing from other modules.
var standardOnly = []string{"agent", "agent/agenttest", "agent/rules", "agent/say"}

// mayStart lists the files that may start goroutines: who starts one also
// awaits it.
var mayStart = []string{
	"agent/agent.go", "drivers/opcua/session.go", "sim/server.go", "sim/upstream.go", "sim/live.go", "cmd/recoup/demo.go", "cmd/recoup/sim.go",
	"cmd/recoup/recording_merge.go",
}

const longestFile = 400 // lines; a longer one holds more than one idea

type source struct {
	name string // slash path from the root
	text []byte
	ast  *ast.File
}

func (s source) folder() string { return path.Dir(s.name) }
func (s source) test() bool     { return strings.HasSuffix(s.name, "_test.go") }

func readHouse(t *testing.T) (*token.FileSet, []source) {
	t.Helper()
	set := token.NewFileSet()
	var files []source
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name == ".git" || name == "bin" || name == "dist" || d.Name() == "node_modules" || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() && (name == "packaging/tools" || name == "sim/peers"): // modules of their own
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(set, name, text, parser.ParseComments)
		if err != nil {
			return err
		}
		files = append(files, source{name, text, tree})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d Go files found: the test does not see the house", len(files))
	}
	return set, files
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s stands at the top level; it belongs into one of the folders there", e.Name())
		}
	}
}

func TestImportsPointOneWay(t *testing.T) {
	_, files := readHouse(t)
	for _, f := range files {
		allowed, ruled := mayImport[f.folder()]
		if !ruled && !strings.HasPrefix(f.name, "cmd/") {
			t.Errorf("%s: folder %s has no rule: give it one in mayImport", f.name, f.folder())
		}
		for _, spec := range f.ast.Imports {
			target := strings.Trim(spec.Path.Value, `"`)
			ours, is := strings.CutPrefix(target, "recoup/")
			switch {
			case !is:
				if slices.Contains(standardOnly, f.folder()) && strings.Contains(strings.Split(target, "/")[0], ".") {
					t.Errorf("%s imports %s; %s imports the standard library only", f.name, target, f.folder())
				}
			case !ruled || slices.Contains(allowed, ours) || ours == f.folder():
			case f.test() && ours == "agent/agenttest" && f.folder() != "sim":
			default:
				t.Errorf("%s imports %s; it may import %v", f.name, target, allowed)
			}
			if spec.Name != nil && spec.Name.Name == "_" && target != "embed" && target != "time/tzdata" {
				t.Errorf("%s: blank import of %s", f.name, target)
			}
		}
	}
}

func TestGoroutinesStartInNamedFiles(t *testing.T) {
	set, files := readHouse(t)
	for _, f := range files {
		if f.test() || slices.Contains(mayStart, f.name) || f.folder() == "agent/agenttest" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if g, is := n.(*ast.GoStmt); is {
				t.Errorf("%s starts a goroutine; only %v do", set.Position(g.Pos()), mayStart)
			}
			return true
		})
	}
}

func TestNothingSleepsOrInitialises(t *testing.T) {
	set, files := readHouse(t)
	for _, f := range files {
		if f.test() {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					t.Errorf("%s: init() hides what happens at the start; call it from main", set.Position(n.Pos()))
				}
			case *ast.SelectorExpr:
				if id, is := n.X.(*ast.Ident); is && id.Name == "time" && n.Sel.Name == "Sleep" {
					t.Errorf("%s: waits take a context", set.Position(n.Pos()))
				}
				if id, is := n.X.(*ast.Ident); is && id.Name == "os" && n.Sel.Name == "Exit" && f.name != "cmd/recoup/main.go" {
					t.Errorf("%s: only main exits", set.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestFilesHoldOneIdea(t *testing.T) {
	_, files := readHouse(t)
	for _, f := range files {
		if lines := bytes.Count(f.text, []byte("\n")); lines > longestFile && !f.test() {
			t.Errorf("%s has %d lines, more than %d", f.name, lines, longestFile)
		}
	}
}

func TestPackagesSayWhereTheyStand(t *testing.T) {
	_, files := readHouse(t)
	said := map[string]bool{}
	for _, f := range files {
		if !f.test() {
			said[f.folder()] = said[f.folder()] || f.ast.Doc != nil && len(f.ast.Doc.Text()) > 60
		}
	}
	for folder, ok := range said {
		if !ok {
			t.Errorf("package in %s does not open by saying what it is for and where it stands in the flow", folder)
		}
	}
}
