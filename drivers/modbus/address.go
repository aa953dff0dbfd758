package modbus

import (
	"fmt"
	"strconv"
	"strings"

	"recoup/agent"
)

// table is one of the four Modbus tables. Its number is the function code that
// reads it.
type table uint8

const (
	coil table = iota + 1
	discrete
	holding
	input
)

func (t table) String() string { return [...]string{"", "coil", "discrete", "holding", "input"}[t] }

// bits reports whether the table holds single bits rather than registers.
func (t table) bits() bool { return t == coil || t == discrete }

func tableNamed(word string) (table, bool) {
	for t := coil; t <= input; t++ {
		if word == t.String() {
			return t, true
		}
	}
	return 0, false
}

// sectionUnit stands for the unit id of the section.
const sectionUnit = -1

// address is where a tag's value is, as an engineer writes it:
//
//	[unit N] TABLE ADDRESS [TYPE] [ORDER]
//
// ADDRESS is the wire address, from 0, decimal or 0x hexadecimal. Without the
// table word it is a Modicon number of five or six digits, whose first digit is
// the table and which counts from 1: 40101 is holding 100.
type address struct {
	unit  int // 0…255, or sectionUnit
	table table
	start uint16
	typ   wireType
	order order
}

// String gives the canonical form, which parseAddress takes back.
func (a address) String() string {
	var s strings.Builder
	if a.unit != sectionUnit {
		fmt.Fprintf(&s, "unit %d ", a.unit)
	}
	fmt.Fprintf(&s, "%s %d", a.table, a.start)
	if a.typ != boolType {
		s.WriteString(" " + a.typ.String())
	}
	if a.order != (order{}) {
		s.WriteString(" " + a.order.letters(a.typ))
	}
	return s.String()
}

// width is how many registers, or bits, the value takes.
func (a address) width() int { return a.typ.width() }

// end is the address after the value's last; at most 65536.
func (a address) end() int { return int(a.start) + a.width() }

// parseAddress reads an at string. The error is agent.Faults with empty paths:
// every mistake, each with what to write instead.
func parseAddress(at string) (address, error) {
	p := addressParser{words: strings.Fields(strings.ToLower(at)), a: address{unit: sectionUnit}}
	if len(p.words) == 0 {
		p.faults.Add("", "write for example holding 100 float32", "no address")
		return address{}, p.faults.Err()
	}
	p.unit()
	p.place()
	p.typeAndOrder()
	if len(p.words) > 0 {
		p.faults.Add("", "write [unit N] TABLE ADDRESS [TYPE] [ORDER], for example unit 2 holding 100 float32 cdab",
			"%q is left over", strings.Join(p.words, " "))
	}
	if len(p.faults) == 0 && p.a.end() > 1<<16 {
		p.faults.Add("", fmt.Sprintf("write %d or less", 1<<16-p.a.width()),
			"%s at %d would reach beyond 65535, the last address", p.a.typ, p.a.start)
	}
	if err := p.faults.Err(); err != nil {
		return address{}, err
	}
	return p.a, nil
}

// addressParser takes word after word off the front and notes what is wrong.
type addressParser struct {
	words  []string
	a      address
	faults agent.Faults
}

// next takes one word, "" when there is none.
func (p *addressParser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	word := p.words[0]
	p.words = p.words[1:]
	return word
}

func (p *addressParser) unit() {
	if p.words[0] != "unit" {
		return
	}
	p.next()
	word := p.next()
	n, err := strconv.ParseUint(word, 10, 8)
	if err != nil {
		p.faults.Add("", "write unit and a number from 0 to 255, for example unit 2", "%q is not a unit id", word)
		return
	}
	p.a.unit = int(n)
}

// place reads the table and the address.
func (p *addressParser) place() {
	word := p.next()
	if word == "" {
		p.faults.Add("", "write for example unit 2 holding 100", "nothing after the unit")
		return
	}
	var known bool
	if p.a.table, known = tableNamed(word); known {
		p.wireAddress(p.next())
		return
	}
	if isDigits(word) {
		p.modicon(word)
		return
	}
	p.faults.Add("", "write one of coil, discrete, input, holding", "unknown table %q", word)
	if len(p.words) > 0 {
		p.wireAddress(p.next())
	}
}

func (p *addressParser) wireAddress(word string) {
	n, err := strconv.ParseUint(strings.TrimPrefix(word, "0x"), base(word), 16)
	switch {
	case err == nil:
		p.a.start = uint16(n)
	case word == "":
		p.faults.Add("", fmt.Sprintf("write for example %s 100", p.a.table), "no address after %s", p.a.table)
	case isDigits(word):
		p.faults.Add("", "write the wire address, from 0 to 65535; a Modicon number such as 400101 stands without the table word",
			"address %s is beyond 65535", word)
	default:
		p.faults.Add("", "write the wire address, from 0 to 65535, for example 100 or 0x64", "%q is not an address", word)
	}
}

func base(word string) int {
	if strings.HasPrefix(word, "0x") {
		return 16
	}
	return 10
}

// modicon reads the numbers of printed manuals: 40101 and 400101 are the 101st
// holding register.
func (p *addressParser) modicon(word string) {
	const fix = "write the wire address with its table, for example holding 100, or its Modicon number, 40101 or 400101"
	tables := map[byte]table{'0': coil, '1': discrete, '3': input, '4': holding}
	t, known := tables[word[0]]
	if len(word) != 5 && len(word) != 6 || !known {
		p.faults.Add("", fix, "%q names no table", word)
		return
	}
	p.a.table = t
	n, err := strconv.ParseUint(word[1:], 10, 32)
	if err != nil || n < 1 || n > 1<<16 {
		p.faults.Add("", fix, "%q is not a Modicon number: it counts from 1 to 65536 after the first digit", word)
		return
	}
	p.a.start = uint16(n - 1)
}

func isDigits(word string) bool {
	return word != "" && strings.Trim(word, "0123456789") == ""
}

// typeAndOrder reads what follows the address, or fills the defaults in.
func (p *addressParser) typeAndOrder() {
	p.a.typ = uint16Type
	if p.a.table.bits() {
		p.a.typ = boolType
	}
	if len(p.words) == 0 {
		return
	}
	word := p.next()
	typ, known := typeNamed(word)
	switch {
	case !known && looksLikeOrder(word):
		p.faults.Add("", "write the type before it, for example float32 "+word, "order %q without a type", word)
		return
	case !known:
		p.faults.Add("", typeFix(word), "unknown type %q", word)
		p.next()
		return
	case p.a.table.bits() && typ != boolType:
		p.faults.Add("", "leave the type out", "a %s is one bit, not %s", p.a.table, typ)
		p.next()
		return
	case p.a.table >= holding && typ == boolType:
		p.faults.Add("", "write uint16, or read the bit from the coil or discrete table", "a register of the %s table is 16 bits, not bool", p.a.table)
		return
	}
	p.a.typ = typ
	if len(p.words) > 0 {
		p.order(p.next())
	}
}

func (p *addressParser) order(word string) {
	o, known := orderNamed(word, p.a.typ)
	if !known {
		p.faults.Add("", orderFix(p.a.typ), "%q is not an order of %s", word, p.a.typ)
		return
	}
	p.a.order = o
}
