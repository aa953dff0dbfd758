package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
)

type versionCommand struct{}

func (versionCommand) Run(s session) error {
	fmt.Fprintf(s.out, "recoup %s %s/%s %s\n", version, runtime.GOOS, runtime.GOARCH, runtime.Version())
	if _, err := os.Stat(s.config); err != nil {
		return nil // a binary alone has a version too
	}
	a, _, err := load(s.config, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintf(s.out, "%s has mistakes; \"recoup check\" names them\n", s.config)
		return nil
	}
	fmt.Fprintf(s.out, "%s is revision %s\n", s.config, a.Lineage.Revision)
	return nil
}
