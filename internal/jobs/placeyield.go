package jobs

import "github.com/ringrift/orchestrator/internal/ledger"

// yields says whether a job stands back behind what others wait for: self-play, which never ends, and work of the lowest
// class. Its processes are niced (see niceness), and so the others count its CPUs as free: they neither wait for them nor
// have it end for them. What cannot be shared, memory, disk and GPUs, is its own.
func yields(kind string, class ledger.Class) bool { return kind == KindSelfplay || class == ledger.Low }

// yieldNiceness is that of a job which yields: beside another one on the same processor it gets a tenth of the time.
const yieldNiceness = 10

// niceness is how far the processes of a job stand back.
func niceness(kind string, class ledger.Class) int {
	if yields(kind, class) {
		return yieldNiceness
	}
	return 0
}

func stoodBack(job ledger.Job) bool { return yields(job.Kind, job.Class) }

// lend counts the CPUs of a job that yields as free for the others, or no more.
func (s *site) lend(job ledger.Job, sign float64) {
	if stoodBack(job) {
		s.lent += sign * need(job).CPU
	}
}

// open is what is there for a job of some room: what yields to it included.
func (s *site) open(job ledger.Job, room ledger.Resources) ledger.Resources {
	if !stoodBack(job) {
		room.CPU += s.lent
	}
	return room
}

// freed is what a job gains when another one ends.
func freed(victim, job ledger.Job) ledger.Resources {
	gain := need(victim)
	if stoodBack(victim) && !stoodBack(job) {
		gain.CPU = 0 // it had that already
	}
	return gain
}
