package daemonfile

import (
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/strict"
)

// daemonType is the type of an entry: that of the row it adopts, or its name in UPPER_SNAKE.
func (d *declared) daemonType() spec.Type {
	if d.Adopts != "" {
		return spec.Type(d.Adopts)
	}
	return typeOf(d.name)
}

func typeOf(name string) spec.Type {
	return spec.Type(strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(name)), "-", "_"))
}

// types demands that no two entries are of one type.
func (d *decoder) types(entries []*declared) {
	first := map[spec.Type]*declared{}
	for _, e := range inOrder(entries) {
		if e.Disabled {
			continue
		}
		if other, taken := first[e.daemonType()]; taken {
			d.faults.add(e.place, e.field(""), "", "it is of type %s, as is %s in %s: give it another name", e.daemonType(), other.name, other.where())
			e.faulty = true
			continue
		}
		first[e.daemonType()] = e
	}
}

// inOrder returns entries in the order in which they are written.
func inOrder(entries []*declared) []*declared {
	return slices.SortedStableFunc(slices.Values(entries), func(a, b *declared) int {
		if a.file.order != b.file.order {
			return a.file.order - b.file.order
		}
		return a.line - b.line
	})
}

// edges returns the types that an entry depends on; those that there are not are faults.
func (f *File) edges(e *declared, registry *spec.Registry, faults *Faults) []spec.Type {
	var edges []spec.Type
	for i, name := range e.DependsOn {
		field := part("depends_on", i)
		edge, fix := f.edge(name, registry)
		switch {
		case fix != "":
		case edge == e.daemonType():
			fix = "it is the daemon itself: remove it"
		case slices.Contains(edges, edge):
			fix = "it is named twice: keep one"
		}
		if fix != "" {
			faults.add(e.at(field), e.field(field), strict.Short(name), "%s", fix)
			continue
		}
		edges = append(edges, edge)
	}
	return edges
}

// edge finds the type that a name stands for: an entry's name first, then a type of an entry or of the registry, in
// any case. If there is none, the fix says what to do.
func (f *File) edge(name string, registry *spec.Registry) (edge spec.Type, fix string) {
	wanted := typeOf(name)
	found := slices.IndexFunc(f.entries, func(e *declared) bool { return e.name == name })
	if found < 0 {
		found = slices.IndexFunc(f.entries, func(e *declared) bool { return e.daemonType() == wanted && !e.Disabled })
	}
	_, known := registry.Get(wanted)
	switch {
	case found >= 0 && f.entries[found].Disabled:
		return "", "it is disabled, in " + f.entries[found].where() + ": enable it, or remove the edge"
	case found >= 0:
		return f.entries[found].daemonType(), ""
	case known:
		return wanted, ""
	}
	return "", "unknown: " + f.nearest(name, registry)
}

// nearest says what was probably meant by a name.
func (f *File) nearest(name string, registry *spec.Registry) string {
	var own []string
	for _, e := range f.entries {
		own = append(own, e.name)
	}
	if near := spec.Nearest(name, own); near != "" {
		return "did you mean " + near + "?"
	}
	if near := spec.Nearest(typeOf(name), registry.Types()); near != "" {
		return "did you mean " + string(near) + "?"
	}
	return "name a daemon of the file, or a type of the registry (starter list --all)"
}
