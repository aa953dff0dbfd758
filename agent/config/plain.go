package config

// plain reads a list whose entries are sections as they are, such as rules.
func (c *Config) plain(all *node, path string) []Part {
	var parts []Part
	for at, n := range c.entries(all, path) {
		p := Part{Path: at, Decode: func(into any) error { return decodeInto(n, "", into) }}
		if name := n.get("name"); name != nil {
			p.Name = name.text
		}
		parts = append(parts, p)
	}
	return parts
}
