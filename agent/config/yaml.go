package config

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxNesting = 64        // more is a mistake or an attack on the library's stack
	maxKeys    = 10_000    // in one group; the library takes minutes for many more
	maxNodes   = 1_000_000 // after aliases are put in; more is an attack
	maxChecked = 2000      // bytes of a line up to which columns are checked
)

// reader turns the YAML library's tree into nodes. Nothing else in the program
// sees the library.
type reader struct {
	file     *file
	anchors  map[string]*node
	problems []Problem
}

// readYAML gives the document's root, nil when it cannot be read at all, and
// what is wrong with its form. Double keys are all named here.
func readYAML(path, text string) (*node, []Problem) {
	r := &reader{file: newFile(path, text), anchors: map[string]*node{}}
	if p, much := tooMuch(r.file); much {
		return nil, []Problem{p}
	}
	tree, err := parser.ParseBytes([]byte(text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, []Problem{r.syntax(err)}
	}
	var root *node
	for _, doc := range tree.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); directive || doc.Body == nil {
			continue
		}
		if root != nil {
			if second := r.node(doc.Body); second != nil {
				r.problems = append(r.problems, problemAt(second.at, "", "a second document begins here", "keep one: delete the line --- and what does not belong"))
			}
			break
		}
		root = r.node(doc.Body)
	}
	switch {
	case root == nil || root.kind == nothing:
		return nil, []Problem{problemAt(spot{file: r.file}, "", "the file is empty", exampleFix)}
	case root.size > maxNodes:
		return nil, []Problem{problemAt(root.at, "", "the aliases (*name) multiply to more than a million values", "write the values out")}
	case root.kind != mapping:
		return nil, []Problem{problemAt(root.at, "", "the file holds no keys", exampleFix)}
	}
	return root, r.problems
}

const exampleFix = `begin with "plant:"; "recoup example modbus" prints a source to start from`

// node converts one value. It gives nil for an alias without an anchor, a
// mistake named already: what would have held the value goes without.
func (r *reader) node(in ast.Node) *node {
	switch in := in.(type) {
	case nil:
		return &node{kind: nothing, at: spot{file: r.file, line: 1, column: 1}, size: 1}
	case *ast.MappingNode:
		return r.mapping(in.Values, in.IsFlowStyle, in.Start)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{in}, in.IsFlowStyle, in.Start)
	case *ast.SequenceNode:
		return r.list(in)
	case *ast.AnchorNode:
		n := r.node(in.Value)
		r.anchors[in.Name.GetToken().Value] = n
		return n
	case *ast.AliasNode:
		return r.alias(in)
	case *ast.LiteralNode:
		return &node{kind: scalar, text: in.Value.Value, quoted: true, at: r.spot(in.Start), size: 1}
	case *ast.NullNode:
		return &node{kind: nothing, at: r.spot(in.GetToken()), size: 1}
	case *ast.TagNode:
		r.fault(in.Start, "a YAML tag ("+in.Start.Value+") is not used here", "delete it; to make a value text, put it in quotes")
		return r.node(in.Value)
	}
	tk := in.GetToken()
	quoted := tk.Type == token.SingleQuoteType || tk.Type == token.DoubleQuoteType
	if !quoted {
		r.checkPlain(tk)
	}
	return &node{kind: scalar, text: tk.Value, quoted: quoted, at: r.spot(tk), size: 1}
}

// checkPlain faults texts without quotes that the library takes as they are
// and nobody means so.
func (r *reader) checkPlain(tk *token.Token) {
	switch {
	case strings.Contains(tk.Value, ": "):
		r.fault(tk, "a colon stands in the text "+quote(tk.Value), "write a comma before the second key, or put the text in quotes")
	case strings.IndexAny(tk.Value, "“”‘’「") == 0:
		r.fault(tk, "typographic quotes do not quote", "write plain ones (\") before and after the text")
	}
}

func (r *reader) list(in *ast.SequenceNode) *node {
	n := &node{kind: list, flow: in.IsFlowStyle, at: r.spot(in.Start), size: 1}
	for i, value := range in.Values {
		if item := r.node(value); item != nil {
			if item.kind == nothing && i < len(in.Entries) {
				item.at = r.spot(in.Entries[i].Start)
			}
			n.items = append(n.items, item)
			n.size = min(n.size+item.size, maxNodes+1)
		}
	}
	return n
}

func (r *reader) alias(in *ast.AliasNode) *node {
	name := in.Value.GetToken().Value
	if n, ok := r.anchors[name]; ok {
		return n
	}
	r.fault(in.Start, "no anchor &"+name+" stands above", "define &"+name+" before using *"+name+", or put the text in quotes")
	return nil
}

// mapping converts keys and values. Keys of the mapping itself win over merged
// ones (<<), and earlier merged ones over later.
func (r *reader) mapping(values []*ast.MappingValueNode, flow bool, start *token.Token) *node {
	n := &node{kind: mapping, flow: flow, at: r.spot(start), size: 1}
	seen := make(map[string]spot, len(values))
	var merges []*node
	for i, v := range values {
		if _, merge := v.Key.(*ast.MergeKeyNode); merge {
			if from := r.node(v.Value); from != nil {
				merges = append(merges, from)
			}
			continue
		}
		key, at := r.key(v.Key)
		value := r.node(v.Value)
		if strings.HasPrefix(key, "-") {
			r.problems = append(r.problems, problemAt(at, "", "no blank after the dash", "write a blank after the dash"))
			continue
		}
		if i == 0 && !flow {
			n.at = at
		}
		if first, double := seen[key]; double {
			r.problems = append(r.problems, problemAt(at, "", "key "+quote(key)+" is given twice; the first is on line "+itoa(first.line), "delete one of them"))
			continue
		}
		seen[key] = at
		if value != nil {
			n.add(entry{key: key, at: at, value: value})
		}
	}
	for _, m := range merges {
		r.merge(n, m, seen)
	}
	return n
}

func (n *node) add(e entry) {
	n.entries = append(n.entries, e)
	n.size = min(n.size+e.value.size, maxNodes+1)
}

func (r *reader) merge(n, from *node, seen map[string]spot) {
	switch from.kind {
	case mapping:
		for _, e := range from.entries {
			if _, have := seen[e.key]; !have && n.size <= maxNodes {
				seen[e.key] = e.at
				n.add(e)
			}
		}
	case list:
		for _, item := range from.items {
			r.merge(n, item, seen)
		}
	case scalar:
		r.problems = append(r.problems, problemAt(from.at, "", "<< merges keys, not a single value", "write <<: *name, where &name stands before a group of keys"))
	case nothing:
	}
}

// key gives a key's text. Keys that are numbers or booleans count as text.
func (r *reader) key(in ast.Node) (string, spot) {
	switch in := in.(type) {
	case *ast.MappingKeyNode:
		return r.key(in.Value)
	case *ast.TagNode:
		return r.key(in.Value)
	case *ast.AnchorNode:
		if n := r.node(in); n != nil {
			return n.text, n.at
		}
		return "", r.spot(in.Start)
	case *ast.AliasNode:
		if n := r.alias(in); n != nil {
			return n.text, r.spot(in.Start)
		}
		return "", r.spot(in.Start)
	case nil:
		return "", spot{file: r.file, line: 1, column: 1}
	}
	tk := in.GetToken()
	return tk.Value, r.spot(tk)
}

func (r *reader) fault(tk *token.Token, msg, fix string) {
	r.problems = append(r.problems, problemAt(r.spot(tk), "", msg, fix))
}

// spot gives a token's place. The library is off by a few columns after tabs
// and some quotes, so the nearest place where the token's text really stands is
// taken.
func (r *reader) spot(tk *token.Token) spot {
	if tk == nil { // the library made the node up, as it does for an anchor without a value
		return spot{r.file, 1, 1}
	}
	at := spot{file: r.file, line: max(tk.Position.Line, 1), column: max(tk.Position.Column, 1)}
	head, _, _ := strings.Cut(strings.TrimLeft(tk.Origin, " \t\r\n"), "\n")
	head = strings.TrimRight(head, " \t\r")
	line, best := r.file.line(at.line), 0
	if head == "" || len(line) > maxChecked {
		return at
	}
	for from := 0; from < len(line); {
		i := strings.Index(line[from:], head)
		if i < 0 {
			break
		}
		column := utf8.RuneCountInString(line[:from+i]) + 1
		if best == 0 || abs(column-at.column) < abs(best-at.column) {
			best = column
		}
		from += i + 1
	}
	if best > 0 {
		at.column = best
	}
	return at
}

func abs(n int) int { return max(n, -n) }
