package processcompose

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/daemonfile"
	"github.com/ringrift/orchestrator/internal/spec"
)

// maxProcesses bounds how many daemons are made.
const maxProcesses = 500

// Options are what an import goes by.
type Options struct {
	// EnvFiles are the files of variables, as process-compose's -e; without one it is .env beside the first file.
	EnvFiles []string
	// Folder is where the result is going to be kept; empty is the folder of the first file. Elsewhere its paths are
	// absolute.
	Folder string
	// Registry is what the daemons are going to be put into: none may have a type of it.
	Registry *spec.Registry
}

// Result is a file of daemons and what has become of each key.
type Result struct {
	Text    []byte
	Daemons []string // by name, in the order of the file
	Notes   []Note   // in the order of the source
}

// importer is one import.
type importer struct {
	Options
	first  *source
	notes  []Note
	quiet  bool // what is done again for a second replica is not told again
	dotenv dotenv

	expand    bool // process-compose replaces variables when it loads the file
	shell     []string
	vars      map[string]any
	global    []setting // environment of every process
	processes []*process
	taken     map[spec.Type]bool
}

// Import reads files of process-compose, a later one laid over an earlier one, and returns a file of daemons that
// daemonfile reads and the registry takes. The error says why there is none, with file and line.
func Import(options Options, paths ...string) (*Result, error) {
	top, first, err := (&reader{}).load(paths)
	if err != nil {
		return nil, err
	}
	return convert(options, top, first)
}

func convert(options Options, top *node, first *source) (*Result, error) {
	m := &importer{Options: options, first: first, expand: true, vars: map[string]any{}, taken: map[spec.Type]bool{}}
	if m.Folder == "" {
		m.Folder = first.folder
	}
	absolute, err := filepath.Abs(m.Folder)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", m.Folder, err)
	}
	m.Folder = absolute
	for _, known := range options.Registry.Types() {
		m.taken[known] = true
	}
	if err := m.readDotenv(options.EnvFiles); err != nil {
		return nil, err
	}
	if err := m.project(item{place: top.place, value: top}); err != nil {
		return nil, err
	}
	return m.result()
}

// result writes the entries, and lets the reader of such files judge them together.
func (m *importer) result() (*Result, error) {
	result := &Result{Notes: sorted(m.notes)}
	entries := m.entries()
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s:1: none of its processes can be a daemon: %s", m.first.name, m.lastWord())
	}
	for _, one := range entries {
		result.Daemons = append(result.Daemons, one.name)
	}
	text, err := document(filepath.Base(m.first.name), entries)
	if err != nil {
		return nil, err
	}
	result.Text = text
	file, err := daemonfile.Parse(daemonfile.FileName, text, m.Folder)
	if err == nil {
		_, err = file.Rows(m.Registry)
	}
	var faults *daemonfile.Faults
	if errors.As(err, &faults) {
		return nil, fmt.Errorf("%s: as a file of daemons it would not be right: %s: %s", m.first.name, faults.List[0].Field, faults.List[0].Fix)
	}
	return result, err
}

// lastWord is what was told last of a process that is left out.
func (m *importer) lastWord() string {
	for i := len(m.notes) - 1; i >= 0; i-- {
		if m.notes[i].Verdict == Missing {
			return m.notes[i].Key + ": " + m.notes[i].Text
		}
	}
	return "there is none"
}
