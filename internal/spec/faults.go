package spec

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a registry: where, what, and how to fix it.
type Fault struct {
	Daemon  Type   `json:"daemon"`
	Field   string `json:"field"`
	Value   string `json:"value"`
	Problem string `json:"problem"`
	Fix     string `json:"fix"`
}

// String is the fault as one line.
func (f Fault) String() string {
	return fmt.Sprintf("%s: %s %s %s: %s", f.Daemon, f.Field, f.Value, f.Problem, f.Fix)
}

// Faults is the error of an invalid registry: everything that is wrong with it, one line a fault.
type Faults []Fault

// Error lists every fault on a line of its own.
func (f Faults) Error() string {
	lines := make([]string, 0, len(f)+1)
	lines = append(lines, fmt.Sprintf("the registry has %d fault(s)", len(f)))
	for _, fault := range f {
		lines = append(lines, "  "+fault.String())
	}
	return strings.Join(lines, "\n")
}

// add appends a fault; strings are quoted so that an empty or odd value can be seen.
func (f *Faults) add(daemon Type, field string, value any, problem, fix string) {
	text := fmt.Sprint(value)
	switch value.(type) {
	case fmt.Stringer, int, bool:
	default:
		text = fmt.Sprintf("%q", value)
	}
	*f = append(*f, Fault{Daemon: daemon, Field: field, Value: text, Problem: problem, Fix: fix})
}

// path is a walk along edges or replacements, printed with arrows.
type path []Type

// String joins the walk with arrows.
func (p path) String() string {
	names := make([]string, len(p))
	for i, t := range p {
		names[i] = string(t)
	}
	return strings.Join(names, " → ")
}
