package config

// parseUsual reads what a tag shows as a rule: a number in its unit, of a
// totaliser a rate, per second then.
func parseUsual(text string, counts bool) (*float64, error) {
	if counts {
		var r rate
		if err := r.UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
		per := float64(r)
		return &per, nil
	}
	v, err := number(text)
	if err != nil {
		return nil, err
	}
	return &v, nil
}
