package config

import (
	"slices"
	"strings"
)

// nearest gives the known word that is most like the one found, "" when none
// is near enough to be meant.
func nearest(found string, known []string) string {
	best, least := "", 0
	for _, k := range known {
		d := distance(strings.ToLower(found), strings.ToLower(k))
		if allowed := max(1, min(len([]rune(found)), len([]rune(k)))/3); d <= allowed && (best == "" || d < least) {
			best, least = k, d
		}
	}
	return best
}

// instead says what to write in place of a word that is not known.
func instead(found string, known []string) string {
	if len(known) == 0 {
		return "delete it: no keys belong here"
	}
	if file := found + "_file"; slices.Contains(known, file) {
		return "write " + file + ": PATH; secrets and certificates stand in files of their own"
	}
	if k := nearest(found, known); k != "" {
		return "write " + k
	}
	if len(known) == 1 {
		return "write " + known[0]
	}
	return "write one of " + strings.Join(known, ", ")
}

// distance counts the letters to change, add, drop or swap with a neighbour.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	const longest = 64
	if len(x) > longest || len(y) > longest {
		return longest
	}
	var before []int
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next := make([]int, len(y)+1)
		next[0] = i
		for j := 1; j <= len(y); j++ {
			change := row[j-1]
			if x[i-1] != y[j-1] {
				change++
			}
			next[j] = min(row[j]+1, next[j-1]+1, change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}
