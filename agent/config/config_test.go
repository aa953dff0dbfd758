package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"recoup/agent"
)

func mustLoad(t *testing.T, path string) *Config {
	t.Helper()
	c, err := Load(path)
	if err != nil {
		t.Fatalf("Load(%s):\n%v", path, err)
	}
	return c
}

func TestLoadFull(t *testing.T) {
	dir := filepath.Join("testdata", "good")
	c := mustLoad(t, filepath.Join(dir, "full.yaml"))
	plant := agent.Plant{ID: "cq-mill-2", Name: "重庆 Cold Mill 2", Timezone: "Asia/Shanghai", Shifts: []string{"00:00", "08:00", "16:00"}, DayStart: "08:00",
		Company: agent.Company{Name: "Example Aluminium Co.", CreditCode: "91500000XXXXXXXXXX", Sector: "C3252", Park: "Example Park"}}
	if got, want := c.Plant, plant; !reflect.DeepEqual(got, want) {
		t.Errorf("Plant: got %+v, want %+v", got, want)
	}
	if got, want := c.Buffer, (Buffer{filepath.Join(dir, "data/here"), 500e6, 20 * 24 * time.Hour, 2 * time.Second}); got != want {
		t.Errorf("Buffer: got %+v, want %+v", got, want)
	}
	if got, want := c.Web, (Web{"127.0.0.1:9000", filepath.Join(dir, "web.yaml")}); got != want {
		t.Errorf("Web: got %+v, want %+v", got, want)
	}
	if c.Dir != dir {
		t.Errorf("Dir: got %s, want %s", c.Dir, dir)
	}
	gen := c.Tags[0].Gen
	want := []*agent.Tag{
		{Name: "mill.q_in", Unit: "Nm3/h", Source: "mill", Gen: gen, At: "holding 100 float32 cdab", Every: 500 * time.Millisecond, LabelEN: "Inlet flow",
			LabelZH: "入口流量", Range: &agent.Range{Lo: 0, Hi: 80000}, Accuracy: agent.Accuracy{Rel: 0.02}, Frozen: 10 * time.Minute},
		{Name: "mill.oil_total", Unit: "kg", Source: "mill", Index: 1, Gen: gen, At: "input 10 uint32", Every: 10 * time.Second, Scale: 0.1, Offset: -2.5,
			Sentinels: []float64{-9999, 32767}, Accuracy: agent.Accuracy{Rel: 0.0025, Abs: 0.2, As: "standard"},
			Counter: &agent.Counter{Modulus: 4294967296, MaxRate: 200.0 / 3600}},
		{Name: "阀门", Source: "mill", Index: 2, Gen: gen, At: "coil 3", Every: 500 * time.Millisecond, Hold: true, MaxGap: 8 * time.Hour, Cutoff: 0.5},
		{Name: "acid.strength", Unit: "%", Source: "lab", Index: 3, Gen: gen, At: "strength", Every: time.Second, LabelEN: "Acid; strength", LabelZH: "酸浓度",
			Range: &agent.Range{Lo: 0, Hi: 100}, Sentinels: []float64{-1, 999}, Hold: true},
		{Name: "acid.total", Unit: "t", Source: "lab", Index: 4, Gen: gen, At: "total", Every: time.Second, Scale: 0.001,
			Counter: &agent.Counter{Modulus: 1e6, MaxRate: 1.5 / 60}},
	}
	if len(c.Tags) != len(want) {
		t.Fatalf("got %d tags, want %d", len(c.Tags), len(want))
	}
	for i := range want {
		if got := c.Tags[i]; !reflect.DeepEqual(got, want[i]) {
			t.Errorf("tag %d:\ngot  %+v\nwant %+v", i, got, want[i])
		}
	}
	if gen == 0 {
		t.Error("Gen: got 0, want a generation")
	}
	if got, want := c.Sources[1].Tags, c.Tags[3:]; !reflect.DeepEqual(got, want) {
		t.Errorf("tags of source lab: got %v, want %v", got, want)
	}
}

func TestLoadParts(t *testing.T) {
	c := mustLoad(t, filepath.Join("testdata", "good", "full.yaml"))
	type shape struct {
		name, kind, path string
		every            time.Duration
		prefer           agent.Lane
	}
	want := []shape{
		{"mill", "modbus", "sources[0]", 500 * time.Millisecond, 0}, {"lab", "file", "sources[1]", time.Second, 0},
		{"mill.oil", "oil_mist", "kpis[0]", 0, 0}, {"hq", "http", "upstreams[0]", 0, agent.Newest},
	}
	var got []shape
	for _, parts := range [][]Part{c.Sources, c.KPIs, c.Upstreams} {
		for _, p := range parts {
			got = append(got, shape{p.Name, p.Kind, p.Path, p.Every, p.Prefer})
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var section modbusSection
	if err := c.Sources[0].Decode(&section); err != nil || section != (modbusSection{Address: "tcp://10.10.1.11:502", Unit: 1}) {
		t.Errorf("Decode: got %+v, %v", section, err)
	}
	if err := c.CheckKinds([]string{"modbus", "file"}, []string{"oil_mist"}, []string{"http"}); err != nil {
		t.Errorf("CheckKinds: got %v, want nil", err)
	}
}

func TestLoadMinimal(t *testing.T) {
	c := mustLoad(t, filepath.Join("testdata", "good", "minimal.yaml"))
	if got, want := c.Buffer, (Buffer{filepath.Join("testdata", "good", "data"), 4 << 30, 40 * 24 * time.Hour, time.Second}); got != want {
		t.Errorf("Buffer: got %+v, want %+v", got, want)
	}
	if got, want := c.Web, (Web{Listen: "127.0.0.1:9466"}); got != want {
		t.Errorf("Web: got %+v, want %+v", got, want)
	}
	if c.Plant.Timezone != "Asia/Shanghai" || c.Plant.DayStart != "00:00" || c.Sources[0].Every != time.Second {
		t.Errorf("got %+v, every %v", c.Plant, c.Sources[0].Every)
	}
	section := modbusSection{Timeout: time.Second}
	if err := c.Sources[0].Decode(&section); err != nil || section.Timeout != time.Second {
		t.Errorf("an empty section: got %+v, %v; want the default kept", section, err)
	}
}

func TestLoadAnchors(t *testing.T) {
	c := mustLoad(t, filepath.Join("testdata", "good", "anchors.yaml"))
	var section modbusSection
	if err := c.Sources[1].Decode(&section); err != nil {
		t.Fatal(err)
	}
	if want := (modbusSection{Address: "tcp://10.10.1.11:502", Unit: 9, Timeout: 5 * time.Second}); section != want {
		t.Errorf("merged section: got %+v, want %+v", section, want)
	}
	r, q := c.Tags[1], c.Tags[2]
	if r.Name != "north.r" || r.Unit != "m3/h" || r.Scale != 3 || r.Range == nil || r.Range.Hi != 10 {
		t.Errorf("merged tag: got %+v", r)
	}
	if q.Every != 250*time.Millisecond || c.Sources[1].Every != 250*time.Millisecond {
		t.Errorf("every by alias: got %v", q.Every)
	}
}

func TestLoadGivesConfigBesideError(t *testing.T) {
	c, err := Parse("a.yaml", []byte("plant: {id: A B}\nsources:\n  - name: mill\n    modbus: {unit: x}\n    tags:\n      - {name: a, hold: maybe}\n      - {name: b}\n"))
	if c == nil || len(c.Sources) != 1 || len(c.Sources[0].Tags) != 2 {
		t.Fatalf("got config %+v, want one source with both tags", c)
	}
	var e *Error
	if !errors.As(err, &e) || len(e.Problems) != 2 {
		t.Fatalf("got %v, want 2 problems", err)
	}
	all := Join(err, c.Explain("sources[0]", c.Sources[0].Decode(&modbusSection{})))
	if !errors.As(all, &e) || len(e.Problems) != 3 || e.Problems[1].Path != "sources[0].modbus.unit" {
		t.Errorf("got %v, want 3 problems, the section's in the middle", all)
	}
}

func TestExplainLeavesOutWhatLoadNamed(t *testing.T) {
	c, err := Parse("a.yaml", []byte("plant: {id: mill, timezone: Nowhere}\nsources: [{name: mill, modbus: {}}]\n"))
	if err == nil {
		t.Fatal("got no error for the time zone")
	}
	var faults agent.Faults
	faults.Add("plant.timezone", "", "unknown zone")
	faults.Add("plant.shifts", "", "no shifts")
	faults.Add("plant.shifts", "", "no shifts at all")
	var e *Error
	if got := c.Explain("", faults); !errors.As(got, &e) || len(e.Problems) != 2 || e.Problems[0].Msg != "no shifts" {
		t.Errorf("got %v, want both about shifts", got)
	}
	if got := c.Explain("sources[0]", nil); got != nil {
		t.Errorf("got %v, want nil", got)
	}
	if got := c.Explain("sources[0]", errors.New("broken")); got == nil || !strings.Contains(got.Error(), "a.yaml:2:11: sources[0]: broken") {
		t.Errorf("got %v, want the plain error at the entry", got)
	}
}

func TestJoin(t *testing.T) {
	other := errors.New("other")
	one := &Error{[]Problem{{File: "b", Line: 2, Msg: "x"}, {File: "a", Line: 1, Msg: "y"}}}
	two := &Error{[]Problem{{File: "b", Line: 1, Msg: "z"}, {File: "b", Line: 2, Msg: "x"}}}
	if err := Join(nil, nil); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if err := Join(nil, other); err != other {
		t.Errorf("got %v, want the other error itself", err)
	}
	if got, want := Join(one, two).Error(), "b:1:0: z\nb:2:0: x\na:1:0: y"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := Join(one, other); !errors.Is(err, other) {
		t.Errorf("got %v, want the other error beside the problems", err)
	}
}

func TestHash(t *testing.T) {
	const base = "plant: {id: mill}\nsources:\n  - {name: a, modbus: {unit: 1, x: [1, 2]}}\n"
	tests := []struct {
		name, text string
		same       bool
	}{
		{"layout, order, quotes, comments", "sources: # here\n- modbus:\n    x:\n    - 1\n    - 2\n    unit: '1'\n  name: \"a\"\nplant:\n  id: mill\n", true},
		{"value", strings.Replace(base, "unit: 1", "unit: 2", 1), false},
		{"order of a list", strings.Replace(base, "1, 2", "2, 1", 1), false},
		{"nesting", strings.Replace(base, "[1, 2]", "[[1], 2]", 1), false},
		{"text and nothing", strings.Replace(base, "unit: 1", "unit: ", 1), false},
	}
	hash := func(text string) [32]byte {
		c, err := Parse("a.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c.Hash()
	}
	for _, test := range tests {
		if got := hash(test.text) == hash(base); got != test.same {
			t.Errorf("%s: got same hash %v, want %v", test.name, got, test.same)
		}
	}
}

func TestHashAndGenerationFollowTables(t *testing.T) {
	dir := t.TempDir()
	load := func(csv string) *Config {
		write(t, filepath.Join(dir, "tags.csv"), csv)
		write(t, filepath.Join(dir, "a.yaml"), "plant: {id: mill}\nsources: [{name: a, modbus: {}, tags_file: tags.csv}]\n")
		return mustLoad(t, filepath.Join(dir, "a.yaml"))
	}
	one, same, other := load("name,unit\nx,kg\n"), load("unit,name\nkg,x\n"), load("name,unit\nx,t\n")
	if one.Hash() != same.Hash() || one.Tags[0].Gen != same.Tags[0].Gen {
		t.Error("columns in another order: got another hash or generation")
	}
	if one.Hash() == other.Hash() || one.Tags[0].Gen == other.Tags[0].Gen {
		t.Error("another unit: got the same hash or generation")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoadTrouble(t *testing.T) {
	dir := t.TempDir()
	tests := []struct{ name, data, want string }{
		{"absent", "", `: there is no such file` + "\n" + `    check the path; "recoup example config" prints one to start from`},
		{"empty", " \n\n", ": the file is empty\n    begin with \"plant:\"; \"recoup example modbus\" prints a source to start from"},
		{"mark", "\uFEFF", ": the file is empty\n    begin with \"plant:\"; \"recoup example modbus\" prints a source to start from"},
		{"gbk", "plant: {name: \xd6\xd8\xc7\xec}\n", ": the file is not UTF-8 (GBK, perhaps)\n    save it as UTF-8 (in Excel: CSV UTF-8)"},
		{"utf16", "\xff\xfep\x00l\x00", ": the file is written in UTF-16\n    save it as UTF-8 (in Excel: CSV UTF-8)"},
		{"zero", "plant: {id: mill}\n\x00\x00\x00", ": the file holds zero bytes\n    check the disk and restore the file from a copy"},
		{"huge", strings.Repeat("#", maxFile+1), ": the file is larger than 8 MiB\n    check that it is a configuration, not data"},
	}
	for _, test := range tests {
		path := filepath.Join(dir, test.name)
		if test.data != "" {
			write(t, path, test.data)
		}
		c, err := Load(path)
		if c != nil || err == nil || err.Error() != path+test.want {
			t.Errorf("%s: got %v, %v; want %s%s", test.name, c, err, path, test.want)
		}
		if test.data == "" {
			continue
		}
		if _, parsed := Parse(path, []byte(test.data)); parsed == nil || parsed.Error() != err.Error() {
			t.Errorf("%s: Parse gives %v, Load %v", test.name, parsed, err)
		}
	}
	if _, err := Load(dir); err == nil || err.Error() != dir+": this is a folder, not a file\n    name the file in it, for example recoup.yaml" {
		t.Errorf("folder: got %v", err)
	}
}
