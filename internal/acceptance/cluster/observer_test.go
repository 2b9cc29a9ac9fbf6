//go:build acceptance

package cluster

import "github.com/ringrift/orchestrator/internal/testkit"

// observerVariable makes the test binary an observer of the data folder that it names.
const observerVariable = "RINGRIFT_TEST_OBSERVER"

// sightings are what an observer has seen until it was told to end.
type sightings struct {
	Looks     int
	Attempts  int // different ones
	Processes int // most of them at once
	// Beside are processes of two attempts of one job that lived at the same time, the first of them.
	Beside []string
}

// observe looks at the processes of jobs until its standard input is closed, and then tells what it saw.
func observe(folder string) int {
	var seen sightings
	attempts := map[string]bool{}
	return testkit.Watch(func() { seen.look(jobProcesses(folder), attempts) }, func() any {
		seen.Attempts = len(attempts)
		return seen
	})
}

// look compares what lives now. The older of two processes is looked at again: it may have ended while the others were
// read.
func (s *sightings) look(all []process, attempts map[string]bool) {
	s.Looks++
	s.Processes = max(s.Processes, len(all))
	first := map[string]process{}
	for _, p := range all {
		attempts[p.Job+" "+p.Home] = true
		other, known := first[p.Job]
		if !known {
			first[p.Job] = p
			continue
		}
		if other.Home != p.Home && other.lives() && p.lives() && len(s.Beside) < 10 {
			s.Beside = append(s.Beside, other.String()+" beside "+p.String())
		}
	}
}

// observer starts an observer in a process of its own. The function ends it and returns what it saw.
func (r *rig) observer() (end func() sightings) {
	r.Helper()
	told := testkit.StartWatcher(r, observerVariable, r.dir)
	return func() (seen sightings) {
		told(&seen)
		return seen
	}
}
