package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func build(t *testing.T, c Config, dir string) *http.Client {
	t.Helper()
	built, err := New(c, dir)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(built.CloseIdleConnections)
	return built
}

func get(t *testing.T, c *http.Client, url string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close() })
	}
	return resp, err
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("error is %v, want one with %q", err, part)
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	for _, c := range []struct {
		name   string
		config Config
		paths  []string
	}{
		{"nothing set", Config{}, nil},
		{"all right", Config{TokenFile: "t", Proxy: "http://10.0.0.1:3128", Timeout: time.Second, CertFile: "c", KeyFile: "k"}, nil},
		{"half a pair", Config{CertFile: "c"}, []string{"cert_file"}},
		{"other half", Config{KeyFile: "k"}, []string{"key_file"}},
		{"token and user", Config{TokenFile: "t", User: "u", PasswordFile: "p"}, []string{"user"}},
		{"no password", Config{User: "u"}, []string{"user"}},
		{"no user", Config{PasswordFile: "p"}, []string{"password_file"}},
		{"timeouts", Config{Timeout: -1}, []string{"timeout"}},
		{"an hour", Config{Timeout: time.Hour}, []string{"timeout"}},
		{"all at once", Config{CertFile: "c", PasswordFile: "p", Timeout: 1, Proxy: "x"}, []string{"cert_file", "password_file", "timeout", "proxy"}},
		{"proxy of a strange kind", Config{Proxy: "ftp://x"}, []string{"proxy"}},
		{"proxy with a password", Config{Proxy: "http://u:hunter2@x"}, []string{"proxy"}},
		{"proxy that is no address", Config{Proxy: "http://u:hunter2@x:port"}, []string{"proxy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.config, "")
			var faults agent.Faults
			errors.As(err, &faults)
			var got []string
			for _, f := range faults {
				got = append(got, f.Path)
				if f.Fix == "" {
					t.Errorf("fault %q says no way out", f.Msg)
				}
			}
			if strings.Join(got, " ") != strings.Join(c.paths, " ") {
				t.Errorf("faults are at %v, want %v: %v", got, c.paths, err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error shows a password: %v", err)
			}
		})
	}
}

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		text     string
		insecure bool
		want     string // part of the error
	}{
		{"https://ingest.example.com/v1/batches?site=1", false, ""},
		{"http://127.0.0.1:8080/", false, ""},
		{"http://[::1]:8080/", false, ""},
		{"http://localhost/", false, ""},
		{"http://10.1.2.3/", true, ""},
		{"http://10.1.2.3/", false, "insecure: true"},
		{"http://127.0.0.1.example.com/", false, "insecure: true"},
		{"", false, "no address"},
		{"ingest.example.com", false, "https://"},
		{"ftp://ingest.example.com", false, "https://"},
		{"https:///v1", false, "host"},
		{"https://u:hunter2@x/", false, "password_file"},
		{"https://u:hunter2@x:port/", false, "not an address"},
		{"https://x/#y", false, "fragment"},
	} {
		_, err := Config{Insecure: c.insecure}.Address(c.text)
		if c.want == "" {
			if err != nil {
				t.Errorf("Address(%q) with insecure %v: %v, want none", c.text, c.insecure, err)
			}
			continue
		}
		wantError(t, err, c.want)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("error shows a password: %v", err)
		}
	}
}

func TestCredentialsAreReadAtEachRequest(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("Authorization"))
	}))
	defer server.Close()
	for _, c := range []struct {
		name, file string
		config     Config
		texts      []string
		want       []string
	}{
		{"token", "t", Config{TokenFile: "t"}, []string{"abc\n", "\ufeff def \r\n"}, []string{"Bearer abc", "Bearer def"}},
		{"password", "p", Config{User: "u", PasswordFile: "p"}, []string{"a b\n", "密码"}, []string{"Basic dTphIGI=", "Basic dTrlr4bnoIE="}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			built := build(t, c.config, dir)
			for i, text := range c.texts {
				write(t, dir, c.file, text)
				resp, err := get(t, built, server.URL)
				if err != nil {
					t.Fatal(err)
				}
				if got, _ := io.ReadAll(resp.Body); string(got) != c.want[i] {
					t.Errorf("Authorization for %q is %q, want %q", text, got, c.want[i])
				}
			}
		})
	}
}

func TestSecretFilesThatAreNone(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "is empty"},
		{"only a line end", "\r\n", "is empty"},
		{"two lines", "hunter2\nhunter2", "more than one line"},
		{"UTF-16", "\xff\xfeh\x00u\x00n\x00", "plain text"},
		{"huge", strings.Repeat("hunter2", 200_000), "larger than 1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "t", c.text)
			_, err := get(t, build(t, Config{TokenFile: "t"}, dir), "http://127.0.0.1:1")
			wantError(t, err, c.want)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error shows the secret: %v", err)
			}
		})
	}
	_, err := get(t, build(t, Config{TokenFile: "none"}, t.TempDir()), "http://127.0.0.1:1")
	wantError(t, err, "is missing")
}

type watched struct {
	io.Reader
	closed bool
}

func (w *watched) Close() error { w.closed = true; return nil }

func TestBodyIsClosedWhenNothingIsSent(t *testing.T) {
	body := &watched{Reader: bytes.NewReader([]byte("x"))}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:1", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := build(t, Config{TokenFile: "none"}, t.TempDir()).Do(r)
	if err == nil {
		resp.Body.Close()
	}
	wantError(t, err, "is missing")
	if !body.closed {
		t.Error("the body was left open")
	}
}

func TestProxyIsUsedAndSeesNoCredentialsOfOthers(t *testing.T) {
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked = r.URL.String() }))
	defer proxy.Close()
	if _, err := get(t, build(t, Config{Proxy: proxy.URL}, ""), "http://nowhere.invalid/x"); err != nil {
		t.Fatal(err)
	}
	if want := "http://nowhere.invalid/x"; asked != want {
		t.Errorf("the proxy was asked for %q, want %q", asked, want)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the other host was asked, with %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	dir := t.TempDir()
	write(t, dir, "t", "hunter2")
	resp, err := get(t, build(t, Config{TokenFile: "t"}, dir), server.URL)
	if err != nil || resp.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("got %v, %v, want the redirect itself", resp, err)
	}
}

func TestRedact(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "no entry with "+r.Header.Get("Authorization")+" or hunter2")
	}))
	defer server.Close()
	for _, c := range []Config{{TokenFile: "s"}, {User: "u", PasswordFile: "s"}} {
		dir := t.TempDir()
		write(t, dir, "s", "hunter2")
		resp, err := get(t, build(t, c, dir), server.URL)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		got := Redact(resp, string(text))
		if !strings.HasSuffix(got, "[hidden] or [hidden]") {
			t.Errorf("redacted text is %q, want both secrets hidden", got)
		}
	}
}

func TestExplain(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, c := range []struct{ name, url, want string }{
		{"nothing listens", closed.URL + "/?key=hunter2", "nothing listens"},
		{"no TLS there", strings.Replace(plain.URL, "http:", "https:", 1), "does not speak TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := get(t, build(t, Config{Proxy: "none"}, ""), c.url)
			got := Explain(err)
			wantError(t, got, c.want)
			if strings.Contains(got.Error(), "hunter2") {
				t.Errorf("error shows the address's secret: %v", got)
			}
		})
	}
}

func TestExplainTellsATimeoutFromAStop(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	c := build(t, Config{Timeout: 100 * time.Millisecond}, "")
	_, err := get(t, c, server.URL)
	wantError(t, Explain(err), "raise timeout")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	if got := Explain(err); !errors.Is(got, context.Canceled) || strings.Contains(got.Error(), "timeout") {
		t.Errorf("a stop reads as %v, want context canceled", got)
	}
}
