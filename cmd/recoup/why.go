package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"recoup/agent"
	"recoup/agent/config"
	"recoup/agent/say"
	"recoup/agent/web"
)

type whyCommand struct {
	KPI    string   `arg:"" help:"The figure, for example mill.oil.removal."`
	Window []string `arg:"" optional:"" help:"Over which time: shift, day, night, yesterday, 2026-11-23, 2026-11-23 night, 2026-11-23 00:00, 2026-11, hour 2026-11-23T14:00, year-to-date, lot:4711 … in plant time (default: the last shift). Of several, the newest that is over."`
	Runs   bool     `name:"run-only" help:"Of the figure that counts some states of the plant only."`
	Lang   string   `placeholder:"zh|en" help:"Language (default: that of LANG)."`
}

func (c whyCommand) Run(s session) error {
	lang, err := c.language()
	if err != nil {
		return err
	}
	a, cfg, err := load(s.config, s.log)
	if err != nil {
		return err
	}
	loc, err := time.LoadLocation(cfg.Plant.Timezone)
	if err != nil {
		return err
	}
	question := web.Question{KPI: c.KPI, Lang: lang}
	if lot, is := readLot(strings.Join(c.Window, " ")); is {
		question.Window, question.Lot = agent.Lot, lot
	} else {
		window, err := readWindow(strings.Join(c.Window, " "), cfg.Plant, loc, time.Now())
		if err != nil {
			return err
		}
		question.Window, question.At = window.kind, window.at
	}
	if c.Runs {
		if question.States, err = runOnly(a.Calc.Describe(), c.KPI); err != nil {
			return err
		}
	}
	told, from, err := ask(s.ctx, a, cfg, question)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s\n%s\n", whose(cfg.Plant), told.Title)
	for _, sentence := range told.Sentences {
		fmt.Fprintf(s.out, "  %s\n", sentence)
	}
	fmt.Fprintf(s.out, "\n%s\n", from)
	if !told.Complete {
		return fmt.Errorf("an earlier good window may be missing: %s", told.Error)
	}
	return nil
}

// ask puts the question to the running agent, and to the buffer when none runs.
// It says which of them answered.
func ask(ctx context.Context, a *agent.Agent, cfg *config.Config, q web.Question) (told web.Answer, from string, err error) {
	told, err = askAgent(ctx, cfg, q)
	from = say.FromAgent(q.Lang, cfg.Web.Listen)
	if errors.Is(err, errNoAgent) {
		from = say.FromBuffer(q.Lang, cfg.Buffer.Path)
		told, err = askBuffer(a, cfg, q, err)
	}
	var unknown web.Unknown
	if errors.As(err, &unknown) {
		err = usageError(unknown)
	}
	return told, from, err
}

// runOnly gives the states that the KPI's run-only figure counts.
func runOnly(figures []agent.Quantity, kpi string) (string, error) {
	for _, q := range figures {
		if q.KPI == kpi && q.RunOnly != "" {
			return q.RunOnly, nil
		}
	}
	return "", usageError(fmt.Sprintf("--run-only: %s has no such figure; give the KPI states and run_only in the configuration", kpi))
}

// language gives that of the flag, else the environment's, else English.
func (c whyCommand) language() (say.Lang, error) {
	if c.Lang != "" {
		lang, ok := say.Parse(c.Lang)
		if !ok {
			return lang, usageError(fmt.Sprintf("--lang %s: give zh or en", c.Lang))
		}
		return lang, nil
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			lang, _ := say.Parse(value)
			return lang, nil
		}
	}
	return say.EN, nil
}

// errNoAgent says that nothing which can answer listens at the page's address.
var errNoAgent = errors.New("no agent answers")

const askTime = 30 * time.Second

// askAgent asks the running agent's page.
func askAgent(ctx context.Context, cfg *config.Config, q web.Question) (told web.Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	query := url.Values{"kpi": {q.KPI}, "window": {string(q.Window)}, "lang": {q.Lang.String()}}
	if !q.At.IsZero() {
		query.Set("start", q.At.Format(time.RFC3339))
	}
	if q.Lot != "" {
		query.Set("lot", q.Lot)
	}
	if q.States != "" {
		query.Set("run_only", "true")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+cfg.Web.Listen+"/api/v1/why?"+query.Encode(), nil)
	if err != nil {
		return told, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // no proxy: the page is on this computer
	reply, err := client.Do(request)
	if err != nil {
		return told, fmt.Errorf("%w at %s: %v", errNoAgent, cfg.Web.Listen, err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	if err != nil {
		return told, fmt.Errorf("%w at %s: %v", errNoAgent, cfg.Web.Listen, err)
	}
	if err := json.Unmarshal(body, &told); err != nil || told.Plant == "" && told.Error == "" {
		return told, fmt.Errorf("%w at %s, but another program or an older version does", errNoAgent, cfg.Web.Listen)
	}
	switch {
	case reply.StatusCode == http.StatusNotFound || reply.StatusCode == http.StatusBadRequest:
		return told, web.Unknown(told.Error)
	case reply.StatusCode != http.StatusOK:
		return told, errors.New(told.Error)
	case told.Plant != cfg.Plant.ID:
		return told, fmt.Errorf("the agent at %s is that of plant %s, not %s; correct web.listen or give that plant's configuration with -c", cfg.Web.Listen, told.Plant, cfg.Plant.ID)
	}
	return told, nil
}

// askBuffer answers from what is stored, with the page's own words; silence is
// why no agent did.
func askBuffer(a *agent.Agent, cfg *config.Config, q web.Question, silence error) (told web.Answer, err error) {
	if _, err := os.Stat(cfg.Buffer.Path); err != nil {
		return told, fmt.Errorf("%w, and there is no buffer yet; start an agent with \"recoup run\": %w", silence, err)
	}
	if _, _, _, err := a.Store.Load(); err != nil {
		return told, fmt.Errorf("%w, and the buffer cannot be read: %w", silence, err)
	}
	defer func() { err = errors.Join(err, a.Store.Close()) }()
	history, _ := a.Store.(agent.History)
	figures, _ := a.Calc.(agent.Explainer)
	page, err := web.New(web.Config{Listen: cfg.Web.Listen}, a.Board, history, figures, a.Log)
	if err != nil {
		return told, err
	}
	return page.Why(q)
}
