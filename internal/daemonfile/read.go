package daemonfile

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/strict"
)

// declared is an entry of a file: what it says with every default, where, and how the canonical text has it.
type declared struct {
	place
	name string
	entry
	given map[string]place // the keys that are given, as in readiness.tcp, and the parts of lists
	text  *yaml.Node
	// faulty entries are not right by themselves.
	faulty bool
}

// field is what faults call a key of the entry.
func (d *declared) field(name string) string { return below("daemons."+d.name, name) }

// at is where a key of the entry is written; if it is not given, where the entry is.
func (d *declared) at(name string) place {
	if at, given := d.given[name]; given {
		return at
	}
	return d.place
}

// has says whether a key is given.
func (d *declared) has(name string) bool {
	_, given := d.given[name]
	return given
}

// entry reads one entry of a file.
func (d *decoder) entry(k key) *declared {
	into := &declared{place: k.place, name: k.name, given: map[string]place{}}
	list := fields(reflect.ValueOf(&into.entry).Elem(), field{})
	setDefaults(list)
	before := len(d.faults.List)
	into.text = d.section(into, list, "", withDirectory(k))
	if len(d.faults.List) == before { // or their consequences would be told too
		d.rules(into)
	}
	into.faulty = len(d.faults.List) > before
	return into
}

// withDirectory is what an entry says, with its directory: without one it is the folder of the file that declares it.
func withDirectory(k key) *node {
	if k.value.kind != mapping || k.value.find("directory") >= 0 {
		return k.value
	}
	here := key{k.place, "directory", &node{place: k.place, tag: "!!str", text: "."}}
	return &node{place: k.value.place, kind: mapping, keys: append(slices.Clone(k.value.keys), here)}
}

// section reads an entry, or a section of one, and returns its canonical text.
func (d *decoder) section(into *declared, list []field, above string, n *node) *yaml.Node {
	if n.kind != mapping {
		some := strings.Join(names(list), ", ")
		if above == "" {
			some = "at least command"
		}
		d.faults.add(into.at(above), into.field(above), n.shown(), "write its keys below it: %s", some)
		return nil
	}
	for _, k := range n.keys {
		if !slices.Contains(names(list), k.name) {
			d.unknown(into, list, above, k)
		}
	}
	canonical := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range list {
		i := n.find(f.name)
		if i < 0 || n.keys[i].value.null() {
			continue
		}
		into.given[f.key] = n.keys[i].place
		if value := d.key(into, f, n.keys[i].value); value != nil {
			put(canonical, f.name, value)
		}
	}
	return canonical
}

// key reads one key and returns its canonical text, nil if it is wrong.
func (d *decoder) key(into *declared, f field, n *node) *yaml.Node {
	if f.value.Kind() == reflect.Pointer || f.value.Kind() == reflect.Struct {
		list := f.section()
		if f.value.Kind() == reflect.Pointer {
			setDefaults(list)
		}
		if short := f.tag.Get("short"); short != "" && n.kind == scalar {
			n = &node{place: n.place, kind: mapping, keys: []key{{n.place, short, n}}}
		}
		return d.section(into, list, f.key, n)
	}
	if f.value.Kind() == reflect.Map && !d.variables(into, f, n) {
		return nil
	}
	value, right := f.read(n)
	if !right || !f.inBounds(value) {
		d.faults.add(into.at(f.key), into.field(f.key), n.shown(), "use %s", f.allowed())
		return nil
	}
	if err := f.problem(value); err != nil {
		d.faults.add(into.at(f.key), into.field(f.key), n.shown(), "use %s", strings.TrimSuffix(f.allowed()+": "+err.Error(), ": "))
		return nil
	}
	f.value.Set(reflect.ValueOf(value))
	for i, item := range n.items {
		into.given[part(f.key, i)] = item.place
	}
	return written(value)
}

// unknown tells of a key that there is not, and of the one that was probably meant.
func (d *decoder) unknown(into *declared, list []field, above string, k key) {
	fix := "unknown: there are " + strings.Join(names(list), ", ")
	owner, found := elsewhere(k.name)
	near := spec.Nearest(k.name, names(list))
	switch {
	case below(above, k.name) == "readiness.failure_threshold":
		fix = "bad answers before it is ready are not counted: remove it; ready_within says how long a start may take"
	case near != "":
		fix = "unknown: did you mean " + near + "?"
	case found:
		fix = "unknown here: it is a key of " + owner
	case above == "": // too many
		fix = "unknown: docs/daemons.md has every key"
	}
	d.faults.add(k.place, into.field(below(above, strict.Short(k.name))), "", "%s", fix)
}

// elsewhere finds the section that has a key, or the entry.
func elsewhere(name string) (string, bool) {
	for _, f := range entryFields() {
		if f.name == name {
			return "the daemon itself", true
		}
		for _, part := range f.section() {
			if part.name == name {
				return f.name, true
			}
		}
	}
	return "", false
}
