package web

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"recoup/agent/say"
)

// pageNames lists the manual's pages in the order of the index.
func pageNames() (names []string) {
	for _, c := range chapters() {
		names = append(names, c.pages...)
	}
	return names
}

// source gives the Markdown of a page.
func source(t *testing.T, name string, l say.Lang) string {
	t.Helper()
	text, err := docs.ReadFile("docs/" + fileOf(name, l))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestManualHoldsEveryPageInBothLanguages(t *testing.T) {
	var want []string
	for _, name := range pageNames() {
		for _, l := range say.Langs() {
			want = append(want, fileOf(name, l))
		}
	}
	entries, err := fs.ReadDir(docs, "docs")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("docs holds %q, want %q: a page is two files and one name in chapters", got, want)
	}
}

var heading = regexp.MustCompile(`<(h[1-6])>`)

// TestManualSaysTheSameInBothLanguages compares what both must share: headings,
// code, tables, lists and where links lead.
func TestManualSaysTheSameInBothLanguages(t *testing.T) {
	parts := map[string]*regexp.Regexp{
		"headings": heading, "blocks of code": regexp.MustCompile(`<pre>`), "table rows": regexp.MustCompile(`<tr>`),
		"list entries": regexp.MustCompile(`<li>`), "links": regexp.MustCompile(`<a href="([^"?]*)`),
	}
	for _, name := range pageNames() {
		var shape [2]map[string][]string
		for _, l := range say.Langs() {
			shape[l] = map[string][]string{}
			html := string(leaf{text: []byte(source(t, name, l))}.html(l))
			for part, pattern := range parts {
				for _, found := range pattern.FindAllStringSubmatch(html, -1) {
					shape[l][part] = append(shape[l][part], found[len(found)-1])
				}
			}
		}
		for part := range parts {
			en, zh := shape[say.EN][part], shape[say.ZH][part]
			if part == "links" { // sentences turn round
				slices.Sort(en)
				slices.Sort(zh)
			}
			if !slices.Equal(en, zh) {
				t.Errorf("%s: %s differ: en %q, zh %q", name, part, en, zh)
			}
		}
		if got := shape[say.EN]["headings"]; len(got) == 0 || got[0] != "h1" || slices.Contains(got[1:], "h1") {
			t.Errorf("%s: headings %q, want one h1, at the top", name, got)
		}
	}
}

func TestManualIsPlainMarkdown(t *testing.T) {
	for _, name := range pageNames() {
		for _, l := range say.Langs() {
			html := string(leaf{text: []byte(source(t, name, l))}.html(l))
			for _, wrong := range []string{"**", "<!-- raw HTML", "| ---", "```", "](", "<img", " style="} {
				if strings.Contains(html, wrong) {
					t.Errorf("%s: the page shows %q: its Markdown is not what it was meant to be", fileOf(name, l), wrong)
				}
			}
		}
	}
}

var reference = regexp.MustCompile(`(?:href|src|srcset|action|poster|data)="([^"]*)"`)

// TestManualStaysOnThisComputer follows every reference of every page.
func TestManualStaysOnThisComputer(t *testing.T) {
	s := server(t, board(t), nil)
	for _, l := range say.Langs() {
		for _, name := range append(pageNames(), "", "nowhere") {
			path := "/manual/" + name + "?lang=" + l.String()
			page := get(t, s, path)
			if want := map[bool]int{false: 200, true: 404}[name == "nowhere"]; page.Code != want {
				t.Errorf("GET %s = %d, want %d", path, page.Code, want)
			}
			for _, found := range reference.FindAllStringSubmatch(page.Body.String(), -1) {
				if wrong := follow(s, path, found[1], l); wrong != "" {
					t.Errorf("%s refers to %q: %s", path, found[1], wrong)
				}
			}
		}
	}
}

// follow says what is wrong with a reference of a page in language l.
func follow(s *Server, from, to string, l say.Lang) string {
	base := url.URL{Path: strings.Split(from, "?")[0]}
	u, err := base.Parse(strings.ReplaceAll(to, "&amp;", "&"))
	if err != nil {
		return err.Error()
	}
	switch {
	case u.Host != "":
		if u.Scheme != "http" || !localHost(u.Host) {
			return "want pages of the manual, or http at a loopback address"
		}
		return ""
	case strings.HasPrefix(to, "#"), strings.HasPrefix(to, "?lang="):
		return ""
	case strings.HasPrefix(u.Path, "/manual/") && u.Query().Get("lang") != l.String():
		return fmt.Sprintf("the language is lost; want %s", fileOf("NAME", l))
	}
	w := httptest.NewRecorder()
	s.routes.ServeHTTP(w, request("GET", u.RequestURI()))
	if w.Code != http.StatusOK {
		return fmt.Sprintf("it answers %d, want 200; write %s", w.Code, fileOf("NAME", l))
	}
	return ""
}

func TestManualChecksFindWhatIsWrong(t *testing.T) {
	s := server(t, board(t), nil)
	for to, want := range map[string]string{
		"figures?lang=en": "", "/manual/start?lang=en": "", "/?lang=en": "", "http://127.0.0.1:9466/": "", "#text": "", "?lang=zh": "", "/style.css": "",
		"figures": "the language is lost", "figures.md?lang=en": "answers 404", "figures?lang=zh": "the language is lost", "https://example.com/": "loopback",
		"http://example.com/": "loopback", "//example.com/x.js": "loopback", "https://127.0.0.1/": "loopback", "page.png?lang=en": "answers 404",
	} {
		if got := follow(s, "/manual/start?lang=en", to, say.EN); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("a reference to %q: got %q, want %q", to, got, want)
		}
	}
}

func TestManualInTheLanguageOfTheRequest(t *testing.T) {
	s := server(t, board(t), nil)
	for _, c := range []struct{ path, accept, lang, says string }{
		{"/manual/", "", "en", `<a href="/manual/figures?lang=en">How to read a figure</a>`},
		{"/manual/", "zh-CN,zh;q=0.9", "zh-CN", `<a href="/manual/figures?lang=zh">怎样读懂一个指标</a>`},
		{"/manual/", "zh", "zh-CN", "<h2>培训演练</h2>"},
		{"/manual/start?lang=zh", "en", "zh-CN", "<h1>入门</h1>"},
		{"/manual/start?lang=zh", "en", "zh-CN", `<a href="figures?lang=zh">怎样读懂一个指标</a>`},
		{"/manual/start?lang=en", "zh", "en", `<a href="figures?lang=en">How to read a figure</a>`},
		{"/manual/start", "de", "en", "<title>First steps · recoup</title>"},
		{"/manual/nowhere", "", "en", "The manual has no such page"},
		{"/manual/nowhere", "zh", "zh-CN", `<a href="/manual/?lang=zh">手册目录</a>`},
		{"/?lang=zh", "", "zh-CN", `<a href="/manual/?lang=zh">手册</a>`},
		{"/?lang=en", "", "en", `<a href="/manual/?lang=en">Manual</a>`},
	} {
		r := request("GET", c.path)
		r.Header.Set("Accept-Language", c.accept)
		w := httptest.NewRecorder()
		s.routes.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Language"); got != c.lang {
			t.Errorf("GET %s, %q: language %s, want %s", c.path, c.accept, got, c.lang)
		}
		if body := w.Body.String(); !strings.Contains(body, c.says) || !strings.Contains(body, `<html lang="`+c.lang+`">`) {
			t.Errorf("GET %s, %q: the page does not say %q in %s", c.path, c.accept, c.says, c.lang)
		}
	}
}

func TestManualIsReadOnlyAndFenced(t *testing.T) {
	s := server(t, board(t), nil)
	for _, c := range []struct {
		method, host, path string
		want               int
	}{
		{"GET", "localhost", "/manual/", 200}, {"HEAD", "localhost", "/manual/start", 200}, {"GET", "localhost", "/manual", 307},
		{"POST", "localhost", "/manual/", 405}, {"DELETE", "localhost", "/manual/start", 405}, {"GET", "evil.example", "/manual/", 403},
		{"GET", "localhost", "/manual/nowhere", 404}, {"GET", "localhost", "/manual/start/", 404}, {"GET", "localhost", "/manual/start.en.md", 404},
		{"GET", "localhost", "/manual/page.png", 404}, {"GET", "localhost", "/manual/%3Cscript%3E", 404}, {"GET", "localhost", "/manual/..%2Fstart", 404},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		s.routes.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s at %q = %d, want %d", c.method, c.path, c.host, w.Code, c.want)
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'self'") {
			t.Errorf("%s %s: Content-Security-Policy = %q, want only what is our own", c.method, c.path, got)
		}
		if strings.Contains(w.Body.String(), "<script>") {
			t.Errorf("%s %s: the page repeats the request's code", c.method, c.path)
		}
	}
}

// TestManualRendering: raw HTML and foreign code stay out, tables and code show,
// and lines of Chinese join without a space.
func TestManualRendering(t *testing.T) {
	const page = "# T\n\n<script>x</script>\n\n<b>b</b> [a](other.zh.md) [js](javascript:alert(1))\n\n| a | b |\n| --- | --: |\n| 1 | `2` |\n\n```\nrecoup <check>\n```\n\n上一行\n下一行\n"
	html := string(leaf{text: []byte(page)}.html(say.ZH))
	for _, want := range []string{`<a href="other?lang=zh">a</a>`, "<td>1</td>", `<td align="right"><code>2</code></td>`, "<pre><code>recoup &lt;check&gt;\n</code></pre>", "上一行下一行"} {
		if !strings.Contains(html, want) {
			t.Errorf("got %q, want %q in it", html, want)
		}
	}
	for _, wrong := range []string{"<script", "<b>", "javascript:", "style="} {
		if strings.Contains(html, wrong) {
			t.Errorf("got %q, want no %q in it", html, wrong)
		}
	}
}

func TestTitlesOfTheIndexAreThePages(t *testing.T) {
	s := server(t, board(t), nil)
	seen := map[string]string{}
	for _, l := range say.Langs() {
		for _, c := range s.contents(l) {
			for _, p := range c.Pages {
				if other, twice := seen[p.Title]; twice {
					t.Errorf("%s and %s have the same title %q", other, fileOf(p.Name, l), p.Title)
				}
				seen[p.Title] = fileOf(p.Name, l)
				if strings.ContainsAny(p.Title, "`*[]<>") || p.Title != strings.TrimSpace(p.Title) {
					t.Errorf("%s: the title %q is not plain text", fileOf(p.Name, l), p.Title)
				}
				if han := regexp.MustCompile(`\p{Han}`).MatchString(p.Title); han != (l == say.ZH) {
					t.Errorf("%s: the title %q is in the other language", fileOf(p.Name, l), p.Title)
				}
			}
		}
	}
}

func BenchmarkManual(b *testing.B) {
	s := server(b, board(b), nil)
	for b.Loop() {
		w := httptest.NewRecorder()
		s.routes.ServeHTTP(w, request("GET", "/manual/files?lang=zh"))
		if !bytes.Contains(w.Body.Bytes(), []byte("</html>")) {
			b.Fatal("no page")
		}
	}
}
