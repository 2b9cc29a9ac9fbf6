//go:build acceptance

package programs

import "github.com/ringrift/orchestrator/internal/testkit"

// watcherVariable makes the test binary a watcher of the processes with the token that it holds.
const watcherVariable = "RIG_WATCHER"

// sightings are what a watcher has seen until it was told to end.
type sightings struct {
	Looks     int
	Daemons   int // different ones
	Processes int // most of them at once
	Starts    int // of different processes
	// Twice are processes of two copies of one daemon that lived at the same time, the first of them.
	Twice []string
}

// watch looks at processes until its standard input is closed, and then tells what it saw.
func watch(token string) int {
	seen, daemons, starts := sightings{}, map[string]bool{}, map[process]bool{}
	return testkit.Watch(func() { seen.look(processesOf(token), daemons, starts) }, func() any {
		seen.Daemons, seen.Starts = len(daemons), len(starts)
		return seen
	})
}

// look compares what lives now. Both of two are looked at again: one may have ended while the others were read.
func (s *sightings) look(all []process, daemons map[string]bool, starts map[process]bool) {
	s.Looks++
	s.Processes = max(s.Processes, len(all))
	first := map[string]process{}
	for _, one := range all {
		if one.Daemon == "" {
			continue
		}
		daemons[one.Daemon] = true
		starts[process{PID: one.PID, Start: one.Start}] = true
		other, known := first[one.Daemon]
		if !known {
			first[one.Daemon] = one
			continue
		}
		if other.Session != one.Session && other.lives() && one.lives() && len(s.Twice) < 10 {
			s.Twice = append(s.Twice, other.String()+" beside "+one.String())
		}
	}
}

// watcher starts a watcher in a process of its own. The function ends it and returns what it saw.
func (r *rig) watcher() (end func() sightings) {
	r.Helper()
	told := testkit.StartWatcher(r, watcherVariable, r.token)
	return func() (seen sightings) {
		told(&seen)
		return seen
	}
}
