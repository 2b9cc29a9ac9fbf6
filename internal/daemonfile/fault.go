package daemonfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a file of daemons: where, what, and how to mend it.
type Fault struct {
	File  string `json:"file"`
	Line  int    `json:"line"`            // 1 for the first; 0 if it is about no line
	Field string `json:"field,omitempty"` // as in daemons.api.readiness.tcp; empty if the file as a whole is wrong
	Value string `json:"value,omitempty"`
	Fix   string `json:"fix"`

	order int // of its file
}

// String is the fault as one line.
func (f Fault) String() string {
	var text strings.Builder
	text.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&text, ":%d", f.Line)
	}
	text.WriteString(": ")
	if f.Field != "" {
		text.WriteString(f.Field)
		if f.Value != "" {
			text.WriteString(" = " + f.Value)
		}
		text.WriteString(": ")
	}
	return text.String() + f.Fix
}

// Faults is the error of files of daemons: everything that is wrong with them, in the order of the files and lines.
type Faults struct {
	List []Fault `json:"faults"`
}

// Error lists every fault on a line of its own.
func (f *Faults) Error() string {
	lines := []string{fmt.Sprintf("the file of daemons has %d fault(s)", len(f.List))}
	for _, fault := range f.List {
		lines = append(lines, "  "+fault.String())
	}
	return strings.Join(lines, "\n")
}

// maxFaults bounds what is told of the files at once.
const maxFaults = 50

// err is f, in order, or nil if there is no fault.
func (f *Faults) err() error {
	if len(f.List) == 0 {
		return nil
	}
	slices.SortStableFunc(f.List, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Line, b.Line)) })
	if len(f.List) > maxFaults {
		next := f.List[maxFaults]
		next.Value, next.Fix = "", "there are too many faults to tell them all: mend those before this line"
		f.List = append(f.List[:maxFaults:maxFaults], next)
	}
	return f
}

func (f *Faults) add(at place, field, value, fix string, arguments ...any) {
	fault := Fault{Line: at.line, Field: field, Value: value, Fix: fmt.Sprintf(fix, arguments...)}
	if at.file != nil {
		fault.File, fault.order = at.file.name, at.file.order
	}
	f.List = append(f.List, fault)
}
