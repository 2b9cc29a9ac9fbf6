package processcompose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/strict"
)

// Verdict is what becomes of a key of process-compose.
type Verdict string

// The verdicts.
const (
	Maps    Verdict = "maps"         // it means the same
	Changes Verdict = "changes"      // it is taken over, and means something else in part
	Missing Verdict = "does not map" // it is left out
)

// Note tells what becomes of one key.
type Note struct {
	File    string  `json:"file"`
	Line    int     `json:"line"` // 1 for the first
	Key     string  `json:"key"`  // as in processes.web.shutdown.signal
	Value   string  `json:"value,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Text says what it has become, what is different, or what to do instead.
	Text string `json:"text"`

	order int // of its file
}

// String is the note as one line.
func (n Note) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s:%d: %s", n.File, n.Line, n.Key)
	if n.Value != "" {
		text.WriteString(" = " + n.Value)
	}
	fmt.Fprintf(&text, ": %s: %s", n.Verdict, n.Text)
	return text.String()
}

// tell adds a note about an item. Values of environments are not repeated: they may be secrets.
func (m *importer) tell(about item, verdict Verdict, text string, arguments ...any) {
	if m.quiet {
		return
	}
	note := Note{File: about.source.name, Line: about.line, Key: about.key, Verdict: verdict, Text: fmt.Sprintf(text, arguments...), order: about.source.order}
	if about.value != nil && !about.secret {
		note.Value = about.value.shown()
	}
	if !slices.Contains(m.notes, note) { // what all processes have is told once
		m.notes = append(m.notes, note)
	}
}

// unsay takes back that an item maps.
func (m *importer) unsay(about item) {
	m.notes = slices.DeleteFunc(m.notes, func(n Note) bool {
		return n.Verdict == Maps && n.Key == about.key && n.Line == about.line && n.order == about.source.order
	})
}

func (m *importer) maps(about item, text string, arguments ...any) {
	m.tell(about, Maps, text, arguments...)
}

func (m *importer) changes(about item, text string, arguments ...any) {
	m.tell(about, Changes, text, arguments...)
}

func (m *importer) missing(about item, text string, arguments ...any) {
	m.tell(about, Missing, text, arguments...)
}

// sorted returns the notes in the order of the files and lines.
func sorted(notes []Note) []Note {
	slices.SortStableFunc(notes, func(a, b Note) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.Line, b.Line)) })
	return notes
}

// shown is a value for a note, bounded; of what has parts nothing.
func (n *node) shown() string {
	if n.kind != scalar || n.tag == "!!null" {
		return ""
	}
	return strict.Short(n.text)
}
