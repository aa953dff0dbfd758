package kpi

import (
	"fmt"
	"math"

	"recoup/agent"
)

// A totaliser that nobody read for so long that, at its largest rate, it may have
// begun anew more than once does not tell by itself what went through it. Where
// the rate that it totals is measured too, what that says of the time between
// decides, when exactly one number of beginnings agrees with it. Otherwise the
// advance is not known and the time is lost: it is never guessed.

// several reports that more than one advance is possible between the base and a
// reading at t that is d counts further.
func (c *counter) several(tag *agent.Tag, d, scale float64, t int64) bool {
	modulus, dt := tag.Counter.Modulus*scale, span{c.t, t}.seconds()
	least := d * scale
	if least < 0 {
		least += modulus
	}
	return modulus > 0 && tag.Counter.MaxRate > 0 && least >= 0 && least+modulus <= tag.Counter.MaxRate*dt
}

// unwind chooses among several advances by what is known of the rate.
func (c *counter) unwind(tag *agent.Tag, d, scale, limit float64, t int64, rate *pace) step {
	unknown := step{taken: true, fresh: true, code: agent.CounterWrap, how: fmt.Sprintf("; how often it passed %.10g in between is not known", tag.Counter.Modulus)}
	middle, u, known := rate.expect(span{c.t, t}.seconds())
	if !known {
		return unknown
	}
	rel, _ := tag.Accuracy.Standard()
	reach := 2*math.Hypot(u, rel*middle) + math.Abs(scale)
	modulus := tag.Counter.Modulus * scale
	least := math.Max(0, math.Ceil((middle-reach-d*scale)/modulus))
	advance := d*scale + least*modulus
	if advance < 0 {
		least, advance = least+1, advance+modulus
	}
	if advance > math.Min(middle+reach, limit) || advance+modulus <= middle+reach {
		return unknown
	}
	s := step{taken: true, delta: advance, doubt: !rate.whole(c.t, t), code: agent.CounterWrap}
	s.how = fmt.Sprintf("; it passed %.10g %.0f times in between, by %s", tag.Counter.Modulus, least, rate.tag.Name)
	if least == 0 && !s.doubt {
		s.code = agent.NoReason
	}
	return s
}
