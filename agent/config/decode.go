package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"recoup/agent"
)

// decoder fills Go values from nodes and goes on after a fault, so that one run
// names all of them. It takes structs (keys by the tag `yaml:"name"`, else the
// lower-case field name; ",inline" for structs whose keys stand among their
// parent's; "-" to leave a field out), maps with text keys, slices, pointers,
// text, numbers, bool, time.Duration and encoding.TextUnmarshaler. The options
// ",size" and ",percent" read 4GiB into whole numbers and 90% into floats. A
// plain value where a struct is wanted is that of its field with ",plain": NAME
// stands for {tag: NAME}. A key that is absent leaves the value as it was: so
// defaults are given. A field of type *node takes what stands there, to be
// decoded later.
type decoder struct{ faults agent.Faults }

// decodeInto fills what into points to; the paths of faults begin with path.
func decodeInto(n *node, path string, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		panic("BUG: a configuration section is decoded into a pointer")
	}
	d := decoder{}
	d.value(n, path, "", v.Elem())
	return d.faults.Err()
}

func (d *decoder) value(n *node, path, option string, v reflect.Value) {
	if v.Type() == reflect.TypeFor[*node]() {
		v.Set(reflect.ValueOf(n))
		return
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, path, option, v.Elem())
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if d.is(n, scalar, path, "a text", "") {
			d.faults.Join(path, withFix(u.UnmarshalText([]byte(n.text))))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if plain, ok := plainField(v); ok && n.kind == scalar {
			d.value(n, path, "", plain)
			return
		}
		if n.kind == nothing || d.is(n, mapping, path, "keys with values", keysOf(v.Type())) {
			d.structure(n, path, v)
		}
	case reflect.Map:
		if n.kind == nothing || d.is(n, mapping, path, "keys with values", "{key: value}") {
			d.mapOf(n, path, option, v)
		}
	case reflect.Slice:
		if n.kind == nothing || d.is(n, list, path, "a list", "[1, 2]") {
			d.sliceOf(n, path, option, v)
		}
	default:
		wants, example := wanted(v, option)
		if d.is(n, scalar, path, wants, example) {
			d.faults.Join(path, set(n, option, v))
		}
	}
}

// withFix keeps a foreign type's error from leaving the reader without help.
func withFix(err error) error {
	var faults agent.Faults
	if err == nil || errors.As(err, &faults) {
		return err
	}
	return fault(err.Error(), `write it as "recoup example" shows it for this kind`)
}

// is checks the kind of a node and faults any other.
func (d *decoder) is(n *node, want kind, path, wants, example string) bool {
	if n.kind == want {
		return true
	}
	found, fix := "", "write "+wants
	if example != "" {
		fix += ", for example " + example
	}
	switch n.kind {
	case nothing:
		d.faults.Add(path, fix+"; or delete the key", "the value is missing")
		return false
	case scalar:
		found = quote(n.text)
		switch {
		case strings.ContainsAny(n.text, "：，"):
			fix = "write plain : and , with a blank behind, not ： and ，"
		case want == list:
			fix = "put it in brackets: [" + n.text + "]"
		}
	case list:
		found = "a list"
		if want == scalar && len(n.items) == 1 && n.items[0].kind == scalar {
			fix = "write " + n.items[0].text + " without brackets"
		}
	case mapping:
		found = "keys with values"
	}
	d.faults.Add(path, fix, "want %s, found %s", wants, found)
	return false
}

// plainField gives the field that a plain value stands for in place of the
// whole struct.
func plainField(v reflect.Value) (reflect.Value, bool) {
	for _, f := range fieldsOf(v.Type(), nil) {
		if f.option == "plain" {
			return v.FieldByIndex(f.index), true
		}
	}
	return reflect.Value{}, false
}

// keysOf shows the form of a struct by its first keys.
func keysOf(t reflect.Type) string {
	names := keyNames(fieldsOf(t, nil))
	return "{" + strings.Join(names[:min(3, len(names))], ": …, ") + ": …}"
}

// wanted says what a plain value should be, with an example.
func wanted(v reflect.Value, option string) (wants, example string) {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		return "a duration", "1s"
	case option == "size":
		return "a size", "4GiB"
	case option == "percent":
		return "a percentage", "90%"
	case v.Kind() == reflect.String:
		return "a text", ""
	case v.Kind() == reflect.Bool:
		return "true or false", ""
	case v.CanFloat():
		return "a number", "0.5"
	}
	return "a whole number", "1"
}

// set converts a plain value. Quotes make a value text, which no number is.
func set(n *node, option string, v reflect.Value) error {
	var err error
	switch {
	case v.Kind() == reflect.String:
		v.SetString(n.text)
	case v.Type() == reflect.TypeFor[time.Duration]():
		var d time.Duration
		d, err = duration(n.text)
		v.SetInt(int64(d))
	case option == "size":
		var bytes int64
		bytes, err = size(n.text)
		v.SetInt(bytes)
	case option == "percent":
		var f float64
		f, err = percent(n.text)
		v.SetFloat(f)
	case n.quoted:
		wants, _ := wanted(v, option)
		return fault("want "+wants+", found a text in quotes", "write "+n.text+" without quotes")
	case v.Kind() == reflect.Bool:
		var b bool
		b, err = boolean(n.text)
		v.SetBool(b)
	case v.CanInt():
		var i int64
		i, err = whole(n.text, v.Type().Bits())
		v.SetInt(i)
	case v.CanUint():
		var u uint64
		u, err = natural(n.text, v.Type().Bits())
		v.SetUint(u)
	case v.CanFloat():
		var f float64
		f, err = number(n.text)
		v.SetFloat(f)
	default:
		panic(fmt.Sprintf("BUG: no configuration value becomes a %s", v.Type()))
	}
	return err
}

func (d *decoder) sliceOf(n *node, path, option string, v reflect.Value) {
	all := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		d.value(item, path+"["+itoa(i)+"]", option, all.Index(i))
	}
	v.Set(all)
}

func (d *decoder) mapOf(n *node, path, option string, v reflect.Value) {
	if v.Type().Key().Kind() != reflect.String {
		panic(fmt.Sprintf("BUG: the keys of a %s are not text", v.Type()))
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, e := range n.entries {
		value := reflect.New(v.Type().Elem()).Elem()
		d.value(e.value, below(path, e.key), option, value)
		v.SetMapIndex(reflect.ValueOf(e.key).Convert(v.Type().Key()), value)
	}
}

// structure fills a struct. Every unknown key is a fault.
func (d *decoder) structure(n *node, path string, v reflect.Value) {
	fields := fieldsOf(v.Type(), nil)
	for _, e := range n.entries {
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == e.key })
		if at < 0 {
			d.unknown(e, path, keyNames(fields))
			continue
		}
		d.value(e.value, below(path, e.key), fields[at].option, v.FieldByIndex(fields[at].index))
	}
}

// unknown faults a key that has no field. In brackets a comma ends a value and
// a missing colon makes a key of it, so some keys were never meant to be one.
func (d *decoder) unknown(e entry, path string, known []string) {
	msg, fix := "unknown key "+quote(e.key), instead(e.key, known)
	first, rest, more := strings.Cut(e.key, " ")
	switch {
	case strings.ContainsAny(e.key, "：，"):
		fix = "write plain : and , with a blank behind, not ： and ，"
	case e.value.kind != nothing:
	case strings.Trim(e.key, "0123456789") == "":
		msg, fix = "a comma stands in a number", "write a point, for example 0.5"
	case more && slices.Contains(known, first):
		msg, fix = "a colon is missing", "write "+first+": "+rest
	case nearest(e.key, known) == "":
		fix = "put the whole text in quotes if the comma belongs to it"
	}
	d.faults.Add(below(path, e.key)+":", fix, "%s", msg)
}

func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// field is a struct's field that a key fills.
type field struct {
	key, option string
	index       []int
}

// fieldsOf lists the fields of a struct and of what it has inline.
func fieldsOf(t reflect.Type, index []int) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		key, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		at := append(slices.Clone(index), i)
		switch {
		case key == "-" || !f.IsExported() && option != "inline":
		case option == "inline":
			all = append(all, fieldsOf(f.Type, at)...)
		case key == "":
			all = append(all, field{strings.ToLower(f.Name), option, at})
		default:
			all = append(all, field{key, option, at})
		}
	}
	return all
}

func keyNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	return names
}
