package agent

// Claim is a pair of headline figures, coal equivalent and CO2, held against what
// the carriers of energy can give.
type Claim struct {
	Name       string
	TCE, CO2   float64 // t of coal equivalent; t
	EqualValue bool    // electricity counts by what power plants burn, not by its heat

	Carriers []Carrier // by their ratio, smallest first
}

// Carrier is an energy with the CO2 that a tonne of its coal equivalent stands
// for, in t, and whether it is burnt on the spot.
type Carrier struct {
	Name  string
	Ratio float64
	Fuel  bool
}

// Implied is the CO2 per coal equivalent that the claim implies, t/t.
func (c *Claim) Implied() float64 { return c.CO2 / c.TCE }

// Share is how much of the coal equivalent must be of one carrier if the rest is
// of another, 0…1; false when no share gives the claim.
func (c *Claim) Share(of, rest Carrier) (share float64, possible bool) {
	if of.Ratio == rest.Ratio {
		return 0, false
	}
	share = (c.Implied() - rest.Ratio) / (of.Ratio - rest.Ratio)
	return share, share >= 0 && share <= 1
}

// Range is the least and the most CO2 that the coal equivalent can stand for
// whatever the carriers are, in t.
func (c *Claim) Range() (least, most float64) {
	return c.TCE * c.Carriers[0].Ratio, c.TCE * c.Carriers[len(c.Carriers)-1].Ratio
}
