package processcompose

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/daemonfile"
	"github.com/ringrift/orchestrator/internal/strict"
)

// maxFits bounds how often an entry is shown to the reader: each time it loses at least one key.
const maxFits = 50

// fit shows the entry to the reader of files of daemons, and leaves out what that refuses; false if nothing is left
// that could run.
func (p *process) fit() (bool, error) {
	for range maxFits {
		text, err := document("", []*entry{p.entry})
		if err != nil {
			return false, err
		}
		_, err = daemonfile.Parse(daemonfile.FileName, text, p.Folder)
		var faults *daemonfile.Faults
		if err == nil {
			return true, nil
		}
		if !errors.As(err, &faults) {
			return false, err
		}
		left := len(p.entry.fields)
		for _, fault := range faults.List {
			if !p.leaveOut(fault) {
				return false, nil
			}
		}
		if len(p.entry.fields) == left { // what is refused cannot be found
			p.missing(p.about, "the process is left out: %s", faults.List[0].Fix)
			return false, nil
		}
	}
	return false, fmt.Errorf("%s:%d: %s: it has too much that no daemon can have: take some of it away", p.about.source.name, p.about.line, p.about.key)
}

// indispensable are the keys without which a daemon would do something else.
var indispensable = []string{"", "command", "directory", "schedule", "kind"}

// leaveOut takes away what a fault is about; false if the process would be another one without it.
func (p *process) leaveOut(fault daemonfile.Fault) bool {
	refused := strings.TrimPrefix(strings.TrimPrefix(fault.Field, "daemons."+p.entry.name), ".")
	whole, _, _ := strings.Cut(refused, "[")
	if slices.Contains(indispensable, whole) {
		about, fix := p.about, fault.Fix
		if one, given := p.about.child(whole); given {
			about, fix = one, "what it is to run is not known"
		}
		for _, f := range p.entry.fields {
			if f.section == "" && f.name == whole {
				about, fix = f.about, fault.Fix
			}
		}
		p.unsay(about)
		p.missing(about, "the process is left out: %s", fix)
		return false
	}
	p.entry.drop(func(f field) bool {
		key := strings.TrimPrefix(f.section+"."+strict.Short(f.name), ".")
		if key != refused && key != whole && f.section != refused {
			return false
		}
		p.unsay(f.about)
		p.missing(f.about, "%s is left out: %s", refused, fault.Fix)
		return true
	})
	return true
}
