package opcua

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gopcua/opcua/ua"
)

// TestNothingWrites: the package names no request that could change a server,
// and does not use the library's client, which has them all.
func TestNothingWrites(t *testing.T) {
	changing := regexp.MustCompile(`^(Write|Call|Add|DeleteNodes|DeleteReferences|HistoryUpdate|Set|Modify|Register|Unregister|Transfer|Cancel)`)
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	set, seen := token.NewFileSet(), 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, spec := range file.Imports {
			if path := strings.Trim(spec.Path.Value, `"`); path == "github.com/gopcua/opcua" || strings.HasSuffix(path, "/monitor") {
				t.Errorf("%s imports %s, whose client can write", e.Name(), path)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is {
				if id, is := s.X.(*ast.Ident); is && id.Name == "ua" && changing.MatchString(s.Sel.Name) {
					t.Errorf("%s: ua.%s", set.Position(n.Pos()), s.Sel.Name)
				}
			}
			return true
		})
	}
	if seen < 8 {
		t.Errorf("only %d files looked at", seen)
	}
}

func TestChannelRefusesWhatIsNoRead(t *testing.T) {
	server := common(t)
	l := newLink(t, server.port)
	d := openInsecure(t, l.addr, tagsOf("flow"), "mode: poll")
	mustRead(t, d)
	l.setHole(true, func() { t.Error("a byte left") })
	for _, req := range []ua.Request{
		&ua.WriteRequest{}, &ua.CallRequest{}, &ua.AddNodesRequest{}, &ua.DeleteNodesRequest{}, &ua.AddReferencesRequest{}, &ua.DeleteReferencesRequest{},
		&ua.HistoryUpdateRequest{}, &ua.SetTriggeringRequest{}, &ua.RegisterNodesRequest{}, &ua.TransferSubscriptionsRequest{},
	} {
		if _, err := ask[ua.Response](t.Context(), d.session.channel, req); err == nil || !strings.Contains(err.Error(), "only reads") {
			t.Errorf("%T = %v, want it refused", req, err)
		}
	}
	l.setHole(false, nil)
	mustRead(t, d)
}
