package thresholds

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/strict"
)

// section is a group of thresholds: its fields and the groups in it, in the order of their declaration.
type section struct {
	name, key, help string
	fields          []field
	sections        []section
}

// tree returns the groups and fields of t; to set a field changes t.
func (t *Thresholds) tree() section { return sectionOf(reflect.ValueOf(t).Elem(), section{}) }

func sectionOf(group reflect.Value, s section) section {
	for i := range group.NumField() {
		tag, value := group.Type().Field(i).Tag, group.Field(i)
		name := tag.Get("yaml")
		switch value.Kind() {
		case reflect.Struct:
			s.sections = append(s.sections, sectionOf(value, section{name: name, key: s.below(name), help: tag.Get("help")}))
		case reflect.Array: // ByPlayers
			for place := range value.Len() {
				one := fmt.Sprintf("%s_%dp", name, place+2)
				s.fields = append(s.fields, field{one, s.below(one), tag, place, value.Index(place)})
			}
		default:
			s.fields = append(s.fields, field{name, s.below(name), tag, -1, value})
		}
	}
	return s
}

// below is the key of what has a name in the section.
func (s section) below(name string) string { return strings.TrimPrefix(s.key+"."+name, ".") }

// all returns the fields of the section and of those in it.
func (s section) all() []field {
	fields := slices.Clone(s.fields)
	for _, part := range s.sections {
		fields = append(fields, part.all()...)
	}
	return fields
}

// every returns the section and those in it.
func (s section) every() []section {
	list := []section{s}
	for _, part := range s.sections {
		list = append(list, part.every()...)
	}
	return list
}

// parts are the names of what is directly in the section.
func (s section) parts() (names []string) {
	for _, f := range s.fields {
		names = append(names, f.name)
	}
	for _, part := range s.sections {
		names = append(names, part.name)
	}
	return names
}

// document is the section as a JSON object that people can read: durations are texts.
func (s section) document() map[string]any {
	object := map[string]any{}
	for _, f := range s.fields {
		object[f.name] = f.value.Interface()
		if d, is := f.value.Interface().(time.Duration); is {
			object[f.name] = strict.Duration(d)
		}
	}
	for _, part := range s.sections {
		object[part.name] = part.document()
	}
	return object
}
