package kpi

// A term that is a stock totals what a product of tags and a formula changed
// by: the acid in a tank, from its level, strength and temperature. Where the
// covered time hangs together its changes are those from the last value known
// to the newest, so they add up over cells to the value at the end less the
// value at the beginning, also when a held strength steps on a boundary or was
// told late. Over time that was lost nothing is booked, as for every other
// term: the figure compares the same seconds.
//
// Errors: the relative error of a tag is the same at both ends, so what it does
// goes with the change itself. Absolute parts count as independent between the
// two readings of each coherent time, not between cells (sum.go, part.join).

// stock is what a term stood at at the newest instant up to which it was covered.
type stock struct {
	at            int64
	value, square float64 // square: of the standard uncertainty of one reading
}

// stocks gives those of all quantities; for Current, which must change nothing,
// copies.
func (e *Engine) stocks(own bool) [][]stock {
	all := make([][]stock, len(e.quantities))
	for i, q := range e.quantities {
		all[i] = q.stocks
		if !own {
			all[i] = append([]stock(nil), q.stocks...)
		}
	}
	return all
}

// move books the change of term i over [from, to), between two values with
// their squared uncertainties.
func (a *area) move(i int, from, to int64, v0, v1, square0, square1 float64) {
	s, c := &a.stocks[i], &a.changes[i]
	switch {
	case s.at != from:
		s.value = v0
		c.square += square0
	case from == a.start: // goes on from before
		c.head = s.square
		c.square += s.square
	default:
		c.square -= s.square
	}
	a.sums[i] += v1 - s.value
	c.square += square1
	c.tail = stock{to, v1, square1}
	*s = c.tail
}

// change is what an area holds of a stock besides its sum.
type change struct {
	square float64 // of the readings that the changes lie between
	head   float64 // of it, the reading that the time before ended with
	tail   stock   // the newest value
}
