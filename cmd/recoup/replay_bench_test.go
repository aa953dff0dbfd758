package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"recoup/agent"
	"recoup/agent/agenttest"
)

// hundredTags is a configuration of 100 tags read every second, all of them
// inputs of oil-mist KPIs.
func hundredTags() string {
	text := "plant: {id: big, name: Big, timezone: Asia/Shanghai, shifts: [\"00:00\", \"08:00\", \"16:00\"]}\nsources:\n  - name: plc\n    every: 1s\n" +
		"    modbus: {address: \"tcp://127.0.0.1:502\", unit: 1}\n    tags:\n"
	kpis := "kpis:\n"
	at := 0
	tag := func(name, unit string) {
		text += fmt.Sprintf("      - {name: %s, at: holding %d float32, unit: %s, range: [0, 1000000], accuracy: 2%% limit}\n", name, at, unit)
		at += 2
	}
	for i := range 25 {
		for _, side := range []string{"in", "out"} {
			tag(fmt.Sprintf("m%d.q_%s", i, side), "Nm3/h")
			tag(fmt.Sprintf("m%d.c_%s", i, side), "mg/Nm3")
		}
		kpis += fmt.Sprintf("  - {name: m%d.oil, oil_mist: {inlet: {flow: m%[1]d.q_in, concentration: m%[1]d.c_in}, outlet: {flow: m%[1]d.q_out, concentration: m%[1]d.c_out}, target: \"removal >= 0.90\"}}\n", i)
	}
	return text + kpis
}

// historian writes what a historian exports of the tags, one row a second.
func historian(name string, tags []*agent.Tag, seconds int, wide bool) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprint(w, "time")
	if !wide {
		fmt.Fprint(w, ",tag,value,quality")
	}
	for _, tag := range tags {
		if wide {
			fmt.Fprintf(w, ",%s", tag.Name)
		}
	}
	start := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for s := range seconds {
		at := start.Add(time.Duration(s) * time.Second).Format(time.RFC3339)
		if wide {
			fmt.Fprintf(w, "\n%s", at)
		}
		for i, tag := range tags {
			value := 400 + 20*math.Sin(float64(s+40*i)/500)
			switch i % 4 {
			case 0, 2:
				value *= 100
			case 3:
				value /= 20
			}
			if wide {
				fmt.Fprintf(w, ",%.3f", value)
			} else {
				fmt.Fprintf(w, "\n%s,%s,%.3f,good", at, tag.Name, value)
			}
		}
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// BenchmarkReplay replays two hours of 100 tags at 1 s from a file, results as
// JSON lines included.
func BenchmarkReplay(b *testing.B) {
	const seconds = 2 * 3600
	dir := b.TempDir()
	config := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(config, []byte(hundredTags()), 0o644); err != nil {
		b.Fatal(err)
	}
	_, cfg, err := load(config, agenttest.Quiet())
	if err != nil {
		b.Fatal(err)
	}
	for _, form := range []string{"wide", "long"} {
		name := filepath.Join(dir, form+".csv")
		if err := historian(name, cfg.Tags, seconds, form == "wide"); err != nil {
			b.Fatal(err)
		}
		b.Run(form, func(b *testing.B) {
			for b.Loop() {
				if code := run(b.Context(), []string{"replay", name, "-c", config}, io.Discard, os.Stderr); code != exitDone {
					b.Fatalf("exit %d", code)
				}
			}
			b.ReportMetric(float64(b.N)*seconds*float64(len(cfg.Tags))/b.Elapsed().Seconds()/1e6, "Mreadings/s")
		})
	}
}
