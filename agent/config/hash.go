package config

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
)

// Hash identifies what the configuration says: order of keys, comments, quotes
// and layout do not count; the rows of tag tables do.
func (c *Config) Hash() [32]byte { return sha256.Sum256(canonical(nil, c.root)) }

// canonical appends a form that is the same for the same content.
func canonical(to []byte, n *node) []byte {
	switch n.kind {
	case scalar:
		return strconv.AppendQuote(to, n.text)
	case list:
		to = append(to, '[')
		for _, item := range n.items {
			to = append(canonical(to, item), ',')
		}
		return append(to, ']')
	case mapping:
		entries := slices.SortedFunc(slices.Values(n.entries), func(a, b entry) int { return strings.Compare(a.key, b.key) })
		to = append(to, '{')
		for _, e := range entries {
			to = append(strconv.AppendQuote(to, e.key), ':')
			to = append(canonical(to, e.value), ',')
		}
		return append(to, '}')
	case nothing:
	}
	return append(to, '~')
}
