package thresholds

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a file of thresholds.
type Fault struct {
	Line  int    `json:"line"` // 1 for the first; 0 if it is about no line
	Key   string `json:"key"`  // empty if the file cannot be read as YAML
	Value string `json:"value,omitempty"`
	Fix   string `json:"fix"`
}

// String is the fault as one line.
func (f Fault) String() string {
	var text strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&text, "line %d: ", f.Line)
	}
	if f.Key != "" {
		text.WriteString(f.Key)
		if f.Value != "" {
			text.WriteString(" = " + f.Value)
		}
		text.WriteString(": ")
	}
	return text.String() + f.Fix
}

// Faults is the error of a file of thresholds: everything that is wrong with it.
type Faults struct {
	Path string  `json:"path"` // empty for a document that is no file
	List []Fault `json:"faults"`
}

// Error lists every fault on a line of its own.
func (f *Faults) Error() string {
	name := f.Path
	if name == "" {
		name = "the document"
	}
	lines := []string{fmt.Sprintf("%s has %d fault(s)", name, len(f.List))}
	for _, fault := range f.List {
		lines = append(lines, "  "+fault.String())
	}
	return strings.Join(lines, "\n")
}

func (f *Faults) add(line int, key, value, fix string, arguments ...any) {
	f.List = append(f.List, Fault{Line: line, Key: key, Value: value, Fix: fmt.Sprintf(fix, arguments...)})
}
