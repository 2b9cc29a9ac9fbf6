package daemonfile

import (
	"reflect"
	"strconv"
	"time"
)

// field is one key of an entry or of a section of it.
type field struct {
	name, key string // the key is that from the entry on, as in readiness.tcp
	tag       reflect.StructTag
	fallback  string // the text of its default, empty if it has none
	value     reflect.Value
}

// fields returns the keys of an entry or of a section, in the order of their declaration. To set one changes the group.
func fields(group reflect.Value, above field) []field {
	var list []field
	for i := range group.NumField() {
		tag, value := group.Type().Field(i).Tag, group.Field(i)
		name, named := tag.Lookup("yaml")
		if !named { // its keys are the group's
			list = append(list, fields(value, above)...)
			continue
		}
		f := field{name, below(above.key, name), tag, tag.Get("default"), value}
		if override, given := above.tag.Lookup("default_" + name); given {
			f.fallback = override
		}
		list = append(list, f)
	}
	return list
}

func entryFields() []field { return fields(reflect.ValueOf(&entry{}).Elem(), field{}) }

// section returns the keys of a field that is a section, nil if it is none. A section that is not there is made.
func (f field) section() []field {
	value := f.value
	if value.Kind() == reflect.Pointer {
		if value.IsNil() {
			value.Set(reflect.New(value.Type().Elem()))
		}
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct {
		return nil
	}
	return fields(value, f)
}

func names(list []field) []string {
	var names []string
	for _, f := range list {
		names = append(names, f.name)
	}
	return names
}

// setDefaults gives every field its default. A section that may be missing is left out.
func setDefaults(list []field) {
	for _, f := range list {
		switch {
		case f.value.Kind() == reflect.Struct:
			setDefaults(f.section())
		case f.fallback != "":
			value, _ := f.parse(f.fallback) // a test reads every tag
			f.value.Set(reflect.ValueOf(value))
		}
	}
}

// parse reads a text as the field's type.
func (f field) parse(text string) (any, bool) {
	switch f.value.Interface().(type) {
	case bool:
		value, err := strconv.ParseBool(text)
		return value, err == nil
	case int:
		return parseWhole(text)
	case []int:
		value, right := parseWhole(text)
		return []int{value}, right
	case time.Duration:
		return parseDuration(text)
	case Size:
		return parseSize(text)
	}
	return text, true
}
