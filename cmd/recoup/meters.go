package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"recoup/agent"
)

const exactFloat32 = 1 << 24 // above it a float32 does not hold every whole number

// showMeters names the totalisers whose register is a float32 that may count
// beyond what it can tell apart: its small advances are lost until they make a
// whole step.
func showMeters(out io.Writer, tags []*agent.Tag) {
	for _, tag := range tags {
		if tag.Counter == nil || !strings.Contains(strings.ToLower(tag.At), "float32") {
			continue
		}
		highest := tag.Counter.Modulus
		if tag.Range != nil {
			highest = tag.Range.Hi
			if tag.Scale != 0 {
				highest /= math.Abs(tag.Scale)
			}
		}
		if highest > exactFloat32 {
			step := float64(math.Nextafter32(float32(highest), math.MaxFloat32)) - float64(float32(highest))
			fmt.Fprintf(out, "  totaliser %s: a float32 register steps by %g near %.10g; read the meter's integer register if it has one\n", tag.Name, step, highest)
		}
	}
}
