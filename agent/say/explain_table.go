package say

import (
	"strings"
	"unicode/utf8"
)

// table is text in columns for a terminal: the first to the left, the others to
// the right.
type table struct {
	header []string
	rows   [][]string
	left   int // further columns that stand to the left, from the end
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// lines gives the table with a rule below the header.
func (t *table) lines() []string {
	all := append([][]string{t.header}, t.rows...)
	widths := make([]int, len(t.header))
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], width(cell))
		}
	}
	var lines []string
	for n, row := range all {
		var line strings.Builder
		for i, cell := range row {
			blank := strings.Repeat(" ", widths[i]-width(cell))
			switch {
			case i == 0:
				line.WriteString(cell + blank)
			case i >= len(t.header)-t.left:
				line.WriteString("  " + cell + blank)
			default:
				line.WriteString("  " + blank + cell)
			}
		}
		lines = append(lines, "  "+strings.TrimRight(line.String(), " "))
		if n == 0 {
			total := 2 * (len(widths) - 1)
			for _, w := range widths {
				total += w
			}
			lines = append(lines, "  "+strings.Repeat("-", total))
		}
	}
	return lines
}

// short leaves out the middle of a long table; omitted says how many rows.
func (t *table) short(keep int, omitted func(n int) string) {
	if n := len(t.rows) - 2*keep; n > 1 {
		middle := []string{omitted(n)}
		t.rows = append(append(append([][]string{}, t.rows[:keep]...), middle), t.rows[keep+n:]...)
	}
}

// width counts the places that a text takes in a terminal: Chinese characters
// take two.
func width(text string) (n int) {
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		n++
		if r >= 0x2e80 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xff00 && r <= 0xff60 {
			n++
		}
	}
	return n
}
