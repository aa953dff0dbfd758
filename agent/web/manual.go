package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"recoup/agent/say"
)

//go:embed docs/*.md
var docs embed.FS

// chapter is a group of the manual's pages. A page is the two files
// docs/NAME.en.md and docs/NAME.zh.md, whose first line is its title, "# …".
// Links between pages name the files, so that they also work where the files
// are read as they are.
type chapter struct {
	label string   // of its title, in package say
	pages []string // names, in the order of reading
}

func chapters() []chapter {
	return []chapter{
		{"manual_first", []string{"start", "figures", "states", "accuracy", "instruments", "diagnoses"}},
		{"manual_data", []string{"files", "totals", "revisions"}},
		{"manual_kinds", []string{"kpi-oil-mist", "kpi-acid-recovery", "kpi-acid-concentration", "kpi-waste-heat-power"}},
		{"manual_own", []string{"units", "formula", "baseline", "measures"}},
		{"manual_drills", []string{
			"drills", "drill-plc-off", "drill-word-order", "drill-counter-reset", "drill-frozen-analyser", "drill-purge-doubled",
			"drill-hrsg-fouling", "drill-upstream-week", "drill-disk-full", "drill-clock-step", "drill-meter-swapped",
		}},
	}
}

// leaf is one page of the manual in one language.
type leaf struct {
	title string
	text  []byte // Markdown
}

// manualView is what the manual shows: a page, the list of all, or that there
// is no such page.
type manualView struct {
	Lang, Tag, Other string // as in view
	T                map[string]string
	Plant, Version   string
	Title            string
	Body             template.HTML
	Chapters         []listed
	Missing          bool
}

type listed struct {
	Title string
	Pages []listedPage
}

type listedPage struct{ Name, Title string }

func (s *Server) loadManual() error {
	for _, l := range say.Langs() {
		s.manual[l] = map[string]leaf{}
		for _, c := range chapters() {
			for _, name := range c.pages {
				body, err := docs.ReadFile("docs/" + fileOf(name, l))
				if err != nil {
					return err
				}
				first, _, _ := strings.Cut(string(body), "\n")
				title, is := strings.CutPrefix(first, "# ")
				if !is {
					return fmt.Errorf("%s does not begin with its title", fileOf(name, l))
				}
				s.manual[l][name] = leaf{title, body}
			}
		}
	}
	return nil
}

func fileOf(name string, l say.Lang) string { return name + "." + l.String() + ".md" }

// serveManual gives a page of the manual, and at its root the list of all.
func (s *Server) serveManual(w http.ResponseWriter, r *http.Request) {
	lang := langOf(r)
	snap := s.board.Snapshot()
	v := manualView{
		Lang: lang.String(), Tag: lang.Tag(), Other: otherThan(lang).String(), T: s.texts[lang],
		Plant: snap.Plant.Name, Version: snap.Version,
	}
	name, status := strings.TrimPrefix(r.URL.Path, "/manual/"), http.StatusOK
	page, known := s.manual[lang][name]
	switch {
	case name == "":
		v.Title, v.Chapters = v.T["manual"], s.contents(lang)
	case known:
		v.Title, v.Body = page.title, page.html(lang)
	default:
		v.Title, v.Missing, status = v.T["no_page"], true, http.StatusNotFound
	}
	send(w, status, lang, s.fill("manual.html", v))
}

func (s *Server) contents(lang say.Lang) (all []listed) {
	for _, c := range chapters() {
		group := listed{Title: s.texts[lang][c.label]}
		for _, name := range c.pages {
			group.Pages = append(group.Pages, listedPage{name, s.manual[lang][name].title})
		}
		all = append(all, group)
	}
	return all
}

// html renders a page. HTML within the Markdown is left out, and tables carry
// no inline style, which the page's policy forbids.
func (p leaf) html(lang say.Lang) template.HTML {
	md := goldmark.New(goldmark.WithExtensions(
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.NewCJK(extension.WithEastAsianLineBreaks()),
	))
	tree := md.Parser().Parse(text.NewReader(p.text))
	leadToPages(tree, lang)
	var out bytes.Buffer
	if err := md.Renderer().Render(&out, p.text, tree); err != nil {
		panic("BUG: a page of the manual cannot be written: " + err.Error())
	}
	return template.HTML(out.String()) // of embedded Markdown, with raw HTML off
}

// leadToPages turns links to the files of pages into links to where the pages
// are served, in the same language.
func leadToPages(tree ast.Node, lang say.Lang) {
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		link, is := n.(*ast.Link)
		if is && entering {
			if name, ours := strings.CutSuffix(string(link.Destination), fileOf("", lang)); ours {
				link.Destination = []byte(name + "?lang=" + lang.String())
			}
		}
		return ast.WalkContinue, nil
	})
}
