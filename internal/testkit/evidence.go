package testkit

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Entries is a piece of a journal. What it says of copies that began before the piece is not known to it,
// so a check begins where nothing runs, or at the beginning of the journal.
type Entries []Entry

// Copy is one running copy of a daemon.
type Copy struct {
	Entry         // its init
	Ready  bool   // it has said so
	Frozen bool   // its process is stopped
	key    copyID // what makes it one
}

type copyID struct {
	pid   int
	epoch int64
}

// Acts returns the lines of one kind.
func (e Entries) Acts(act Act) Entries {
	return e.where(func(entry Entry) bool { return entry.Act == act })
}

// Of returns the lines of one daemon, by workflow id.
func (e Entries) Of(id string) Entries {
	return e.where(func(entry Entry) bool { return entry.ID == id })
}

// After returns the lines written after a moment.
func (e Entries) After(moment time.Time) Entries {
	return e.where(func(entry Entry) bool { return entry.At.After(moment) })
}

func (e Entries) where(keep func(Entry) bool) Entries {
	return slices.DeleteFunc(slices.Clone(e), func(entry Entry) bool { return !keep(entry) })
}

// Last is the time of the last line, the zero time if there is none.
func (e Entries) Last() time.Time {
	if len(e) == 0 {
		return time.Time{}
	}
	return e[len(e)-1].At
}

// Live returns the copies that run at the end, by workflow id.
func (e Entries) Live() map[string][]Copy {
	state := newScene()
	for _, entry := range e {
		state.play(entry)
	}
	return state.live
}

// Doubles describes every copy that began while another one of its daemon was running. A copy in a frozen
// process does not run; what becomes of it when it wakes is for the test to look at.
func (e Entries) Doubles() []string {
	var found []string
	state := newScene()
	for _, entry := range e {
		if entry.Act == ActInit {
			for _, other := range state.live[entry.ID] {
				if !other.Frozen {
					found = append(found, fmt.Sprintf("%s: epoch %d in process %d began %s after epoch %d in process %d, which still ran",
						entry.ID, entry.Epoch, entry.PID, entry.At.Sub(other.At).Round(time.Millisecond), other.Epoch, other.PID))
				}
			}
		}
		state.play(entry)
	}
	return found
}

// EarlyStarts describes every copy that began while a daemon it depends on was not ready.
func (e Entries) EarlyStarts(rows []spec.Daemon) []string {
	needs := map[spec.Type][]spec.Type{}
	for _, row := range rows {
		needs[row.Type] = row.DependsOn
	}
	var found []string
	state := newScene()
	for _, entry := range e {
		if entry.Act == ActInit {
			for _, dependency := range needs[entry.Type()] {
				if !state.ready(dependency) {
					found = append(found, fmt.Sprintf("%s began before %s was ready", entry.ID, dependency))
				}
			}
		}
		state.play(entry)
	}
	return found
}

// EarlyStops describes every copy that ended while a daemon that depends on it was running.
func (e Entries) EarlyStops(rows []spec.Daemon) []string {
	neededBy := map[spec.Type][]spec.Type{}
	for _, row := range rows {
		for _, dependency := range row.DependsOn {
			neededBy[dependency] = append(neededBy[dependency], row.Type)
		}
	}
	var found []string
	state := newScene()
	for _, entry := range e {
		if entry.Act == ActEnd {
			for _, dependent := range neededBy[entry.Type()] {
				if len(state.copies(dependent)) > 0 {
					found = append(found, fmt.Sprintf("%s ended before %s", entry.ID, dependent))
				}
			}
		}
		state.play(entry)
	}
	return found
}

// scene is who runs at one point of a journal.
type scene struct {
	live map[string][]Copy
}

func newScene() *scene { return &scene{live: map[string][]Copy{}} }

func (s *scene) play(entry Entry) {
	key := copyID{entry.PID, entry.Epoch}
	switch entry.Act {
	case ActInit:
		s.live[entry.ID] = append(s.live[entry.ID], Copy{Entry: entry, key: key})
	case ActReady:
		s.change(entry.ID, func(c *Copy) { c.Ready = c.Ready || c.key == key })
	case ActEnd:
		s.remove(entry.ID, func(c Copy) bool { return c.key == key })
	case ActKilled:
		for _, id := range slices.Collect(maps.Keys(s.live)) {
			s.remove(id, func(c Copy) bool { return c.PID == entry.PID })
		}
	case ActFrozen, ActThawed:
		for id := range s.live {
			s.change(id, func(c *Copy) {
				if c.PID == entry.PID {
					c.Frozen = entry.Act == ActFrozen
				}
			})
		}
	}
}

func (s *scene) change(id string, change func(*Copy)) {
	for i := range s.live[id] {
		change(&s.live[id][i])
	}
}

func (s *scene) remove(id string, gone func(Copy) bool) {
	s.live[id] = slices.DeleteFunc(s.live[id], gone)
	if len(s.live[id]) == 0 {
		delete(s.live, id)
	}
}

// copies returns the running copies of a type, on whichever node.
func (s *scene) copies(daemon spec.Type) []Copy {
	var copies []Copy
	for _, live := range s.live {
		if live[0].Type() == daemon {
			copies = append(copies, live...)
		}
	}
	return copies
}

func (s *scene) ready(daemon spec.Type) bool {
	return slices.ContainsFunc(s.copies(daemon), func(c Copy) bool { return c.Ready })
}
