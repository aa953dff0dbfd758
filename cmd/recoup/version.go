package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
)

type versionCommand struct{}

func (versionCommand) Run(s session) error {
	_, err := fmt.Fprintf(s.out, "recoup %s %s/%s %s\n%s", version, runtime.GOOS, runtime.GOARCH, runtime.Version(), revisionOf(s.config))
	return err
}

// revisionOf tells which revision a configuration is; "" when there is none: a
// binary alone has a version too.
func revisionOf(file string) string {
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	a, _, err := load(file, slog.New(slog.DiscardHandler))
	if err != nil {
		return file + " has mistakes; \"recoup check\" names them\n"
	}
	return file + " is revision " + a.Lineage.Revision + "\n"
}
