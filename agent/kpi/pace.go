package kpi

import (
	"math"
	"slices"

	"recoup/agent"
)

// Rate is a measured rate beside a totaliser of it. Factor brings its integral
// over seconds to the totaliser's unit.
type Rate struct {
	Of, Tag *agent.Tag
	Factor  float64
}

// rates finds the rates that the totalisers of some terms name.
func (b *builder) rates(terms []Term) (all []Rate) {
	for _, t := range terms {
		for _, of := range t.Tags {
			if of.Counter == nil || of.Counter.Power == "" {
				continue
			}
			at := slices.IndexFunc(b.spec.Tags, func(tag *agent.Tag) bool { return tag.Name == of.Counter.Power })
			if at < 0 {
				continue // what is wrong with the tag was said
			}
			factor, ok := integralIn(b.spec.Tags[at].Unit, of.Unit)
			if !ok {
				b.faults.Add("", "name the tag that "+of.Name+" totals, such as a power in kW for a totaliser in kWh",
					"%s in %q is not the rate of %s in %q", b.spec.Tags[at].Name, b.spec.Tags[at].Unit, of.Name, of.Unit)
				continue
			}
			all = append(all, Rate{Of: of, Tag: b.spec.Tags[at], Factor: factor})
		}
	}
	return all
}

// integralIn gives the factor from a rate's integral over seconds to a unit of a
// totaliser.
func integralIn(rate, total string) (factor float64, ok bool) {
	for _, kind := range []struct{ rates, totals []unit }{
		{powers(), energies()}, {massRates(), masses()}, {volumeFlows(), []unit{{"m3", 1}, {"l", 1e-3}}},
		{normalFlows(), []unit{{"Nm3", 1}, {"kNm3", 1000}}},
	} {
		r, isRate := find(kind.rates, rate)
		t, isTotal := find(kind.totals, total)
		if isRate && isTotal {
			return r.factor / t.factor, true
		}
	}
	return 0, false
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
