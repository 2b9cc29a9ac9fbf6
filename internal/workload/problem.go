package workload

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with a document: which field, what it holds, and what it should hold.
type Problem struct {
	Field string `json:"field"`
	Value string `json:"value"`
	Fix   string `json:"fix"`
}

func (p Problem) String() string { return fmt.Sprintf("%s = %s: %s", p.Field, p.Value, p.Fix) }

// Problems is everything wrong with a document.
type Problems struct {
	// Document names what was read.
	Document string    `json:"document"`
	List     []Problem `json:"problems"`
}

// Error lists every problem on a line of its own.
func (p *Problems) Error() string {
	lines := []string{fmt.Sprintf("%s has %d fault(s)", p.Document, len(p.List))}
	for _, problem := range p.List {
		lines = append(lines, "  "+problem.String())
	}
	return strings.Join(lines, "\n")
}

// add notes a problem; strings are quoted, so that an empty or odd one can be seen.
func (p *Problems) add(field string, value any, fix string, arguments ...any) {
	text := fmt.Sprintf("%q", fmt.Sprint(value))
	switch value.(type) {
	case int, int64, float64, bool:
		text = fmt.Sprint(value)
	}
	p.List = append(p.List, Problem{Field: field, Value: text, Fix: fmt.Sprintf(fix, arguments...)})
}

// require notes a problem unless ok.
func (p *Problems) require(ok bool, field string, value any, fix string, arguments ...any) {
	if !ok {
		p.add(field, value, fix, arguments...)
	}
}

// err is nil when nothing is wrong.
func (p *Problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	return p
}
