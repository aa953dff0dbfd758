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

// Rate is a measured rate beside a totaliser of it. Factor brings its integral
// over seconds to the totaliser's unit.
type Rate struct {
	Of, Tag *agent.Tag
	Factor  float64
}

const recently = 3600.0 // seconds after which what a rate was like counts half

// pace is what a totaliser's rate was like: since the totaliser's base, and
// before it. The zero value knows nothing.
type pace struct {
	tag    *agent.Tag
	gap    int64
	hold   bool
	factor float64

	on bool // t and v are those of its newest sample
	t  int64
	v  float64

	total, seconds       float64 // its integral since the base, and over how much of that time
	weight, mean, square float64 // of all its time, the newest counting most
}

// beside lets a quantity's totalisers be followed beside their rates.
func (e *Engine) beside(q *quantity) {
	for _, r := range q.Rates {
		in, by := e.input(r.Of), e.input(r.Tag)
		if in.pace.tag == nil {
			in.pace = pace{tag: r.Tag, gap: by.shape.gap, hold: by.shape.hold, factor: r.Factor}
			by.drives = append(by.drives, in)
		}
	}
}

func (in *input) totals() bool { return in.pace.tag != nil }

// rate gives what is known of the rate that a totaliser totals, nil for nothing.
func (in *input) rate() *pace {
	if !in.totals() {
		return nil
	}
	return &in.pace
}

// drive tells a rate's new sample to the totalisers of it.
func (in *input) drive(el element) {
	for _, of := range in.drives {
		of.pace.sample(&el)
	}
}

func (p *pace) sample(el *element) {
	if !el.usable() {
		p.on = false
		return
	}
	if p.on && el.t <= p.t {
		return
	}
	if p.on && el.t-p.t <= p.gap {
		x, dt := (p.v+el.v)/2, span{p.t, el.t}.seconds()
		if p.hold {
			x = p.v
		}
		p.total, p.seconds = p.total+x*dt, p.seconds+dt
		keep := recently / (recently + dt)
		p.weight, p.mean, p.square = p.weight*keep+dt, p.mean*keep+x*dt, p.square*keep+x*x*dt
	}
	p.on, p.t, p.v = true, el.t, el.v
}

// begin starts anew with a new base of the totaliser.
func (p *pace) begin() { p.total, p.seconds = 0, 0 }

// whole reports that the rate was measured over all of the time from the base at
// from to t, but for a gap that is bridged anyway.
func (p *pace) whole(from, t int64) bool {
	return span{from, t}.seconds()-p.seconds <= float64(p.gap)/float64(second)
}

// expect gives what went through in so many seconds since the base, in the
// totaliser's unit, with its standard uncertainty. Time in which the rate was not
// measured is taken to have been like the mean of before and the sample after,
// give or take what the rate varied by or what the two differ by.
func (p *pace) expect(seconds float64) (middle, u float64, known bool) {
	if p == nil || p.weight <= 0 {
		return 0, 0, false
	}
	rel, abs := p.tag.Accuracy.Standard()
	before := p.mean / p.weight
	spread := math.Sqrt(math.Max(0, p.square/p.weight-before*before))
	like := before
	if p.on {
		like, spread = (before+p.v)/2, math.Max(spread, math.Abs(p.v-before)/2)
	}
	missing := math.Max(0, seconds-p.seconds)
	integral := p.total + like*missing
	late := p.tag.Every.Seconds() * math.Abs(like) // the two are not read at one instant
	u = math.Sqrt(rel*rel*integral*integral + abs*abs*seconds*seconds + spread*spread*missing*missing + late*late)
	return p.factor * integral, math.Abs(p.factor) * u, true
}

// resume takes over what another pace knew of the same rate.
func (p *pace) resume(old *pace) {
	known := *old
	known.tag, known.gap, known.hold, known.factor = p.tag, p.gap, p.hold, p.factor
	*p = known
}

// counting writes what a totaliser knows besides its base.
func (w *writer) counting(in *input) {
	c, p := &in.counter, &in.pace
	w.bool(c.zero.on)
	w.int(c.zero.since)
	w.float(c.finest)
	w.bool(p.on)
	w.int(p.t)
	for _, v := range []float64{p.v, p.total, p.seconds, p.weight, p.mean, p.square} {
		w.float(v)
	}
}

func (r *reader) counting(in *input) {
	c, p := &in.counter, &in.pace
	c.zero, c.finest = zero{r.bool(), r.int()}, r.float()
	p.on, p.t = r.bool(), r.int()
	for _, v := range []*float64{&p.v, &p.total, &p.seconds, &p.weight, &p.mean, &p.square} {
		*v = r.float()
	}
}
