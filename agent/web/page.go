package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"time"

	"recoup/agent"
	"recoup/agent/say"
)

//go:embed page
var assets embed.FS

// view is what the page shows, already in words.
type view struct {
	Lang      string // en, zh: as links keep it
	Tag       string // en, zh-CN: for HTML
	Other     string // the other language
	T         map[string]string
	Plant     agent.Plant
	Zone      string
	Now       string
	NowISO    string
	Version   string
	Revision  string // of the configuration; "" when not known
	Started   string
	Status    status
	Cards     []card
	Sources   []sourceRow
	Tally     string
	Tags      []tagRow
	More      int  // tags left out
	Register  bool // some have a registered calibration
	Buffer    []fact
	Upstreams []upstreamRow
	Events    []eventRow
	Diagnoses diagnoses
}

// words is what everything on one page is written with.
type words struct {
	lang say.Lang
	loc  *time.Location
	now  time.Time
	t    map[string]string

	account func(agent.Quantity, agent.Result) say.Account
}

func (w words) instant(t time.Time) string { return say.Instant(w.lang, t, w.now, w.loc) }

func (s *Server) loadPage() error {
	page, err := template.New("page.html").Option("missingkey=error").ParseFS(assets, "page/*.html")
	if err != nil {
		return err
	}
	s.page = page
	for _, l := range say.Langs() {
		s.texts[l] = say.Labels(l)
	}
	return nil
}

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) { s.render(w, r, "page.html") }

// serveLive gives the parts of the page that change, for the script to put in
// place.
func (s *Server) serveLive(w http.ResponseWriter, r *http.Request) { s.render(w, r, "live.html") }

func (s *Server) render(w http.ResponseWriter, r *http.Request, name string) {
	lang := langOf(r)
	snap := s.board.Snapshot()
	send(w, http.StatusOK, lang, s.html(name, lang, &snap, s.board.Metrics()))
}

// send gives a page in a language that the request has chosen.
func send(w http.ResponseWriter, status int, lang say.Lang, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang.Tag())
	h.Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	write(w, body)
}

func (s *Server) html(name string, lang say.Lang, snap *agent.Snapshot, metrics []agent.Metric) []byte {
	return s.fill(name, s.viewOf(lang, snap, metrics))
}

// fill writes a template with what it shows.
func (s *Server) fill(name string, shown any) []byte {
	var out bytes.Buffer
	if err := s.page.ExecuteTemplate(&out, name, shown); err != nil {
		panic("BUG: the page cannot be written: " + err.Error())
	}
	return out.Bytes()
}

func (s *Server) viewOf(lang say.Lang, snap *agent.Snapshot, metrics []agent.Metric) view {
	w := words{lang: lang, loc: s.loc, now: snap.Now, t: s.texts[lang], account: s.accounts()}
	tags := trust(snap)
	v := view{
		Lang: lang.String(), Tag: lang.Tag(), Other: otherThan(lang).String(), T: w.t, Plant: snap.Plant, Zone: s.loc.String(),
		Now: say.Moment(lang, snap.Now, s.loc), NowISO: snap.Now.In(s.loc).Format(time.RFC3339),
		Version: snap.Version, Revision: snap.Revision, Started: w.instant(snap.Started),
		Status: w.status(snap, tags), Cards: s.cards(w, snap),
		Sources: w.sources(snap), Tally: w.tally(tags), Buffer: w.buffer(snap, metrics),
		Upstreams: w.upstreams(snap, metrics), Events: w.events(snap), Diagnoses: w.diagnoses(snap, metrics),
	}
	v.Tags, v.More = w.tags(tags)
	v.Register = slices.ContainsFunc(v.Tags, func(t tagRow) bool { return t.Calibration != "" })
	return v
}

// serveAsset serves one embedded file.
func serveAsset(name, contentType string) http.HandlerFunc {
	body, err := assets.ReadFile(name)
	if err != nil {
		panic("BUG: no embedded file " + name)
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "no-cache")
		write(w, body)
	}
}
