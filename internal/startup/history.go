package startup

import (
	"cmp"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Quiet is the pause after which a start belongs to another start-up.
const Quiet = 5 * time.Second

// supervisor is the actor of starts that nobody asked of one daemon alone.
const supervisor = "supervisor"

// start is one start of one daemon.
type start struct {
	daemon     spec.Type
	began      time.Time
	ready      time.Time // zero: it was not, or is not yet
	failures   int       // attempts that failed before
	ended      spec.Phase
	byOperator bool
}

// until is when the start was still going on, as far as it is known.
func (s start) until() time.Time {
	if s.ready.IsZero() {
		return s.began
	}
	return s.ready
}

// starts finds the starts of cluster daemons and groups: the copies of a group start as they like.
func starts(transitions []spec.Transition) []start {
	byDaemon := map[spec.Type][]spec.Transition{}
	for _, transition := range transitions {
		if transition.Node == "" && transition.Refused == "" {
			byDaemon[transition.Daemon] = append(byDaemon[transition.Daemon], transition)
		}
	}
	var all []start
	for _, changes := range byDaemon {
		slices.SortFunc(changes, func(a, b spec.Transition) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq)) })
		all = append(all, startsOf(changes)...)
	}
	slices.SortFunc(all, func(a, b start) int { return cmp.Or(a.began.Compare(b.began), cmp.Compare(a.daemon, b.daemon)) })
	return all
}

// startsOf reads the changes of one daemon, the oldest first.
func startsOf(changes []spec.Transition) (all []start) {
	open := false
	for _, change := range changes {
		switch {
		case begins(change):
			all = append(all, start{
				daemon: change.Daemon, began: change.At, byOperator: change.Actor != "" && change.Actor != supervisor,
			})
			open = true
		case !open:
		case change.To.Ready():
			all[len(all)-1].ready, open = change.At, false
		case change.To == spec.PhaseRestarting || change.To == spec.PhaseProbing:
			all[len(all)-1].failures++
		case change.To != spec.PhaseStarting && change.To != spec.PhaseUnavailable:
			all[len(all)-1].ended, open = change.To, false
		}
	}
	return all
}

// begins says whether a change is a start that waited for its dependencies.
func begins(change spec.Transition) bool {
	if change.To != spec.PhaseStarting {
		return false
	}
	switch change.From {
	case spec.PhaseStopped, spec.PhaseBlocked, spec.PhasePaused, spec.PhaseCompleted, spec.PhaseFailed, spec.PhaseDisabled:
		return true
	case spec.PhaseStopping:
		return change.Actor == supervisor // its program has changed: it is started again in its turn
	}
	return false
}

// bursts cuts starts in order into start-ups.
func bursts(all []start) (found [][]start) {
	var until time.Time
	for _, one := range all {
		if len(found) == 0 || one.began.Sub(until) > Quiet {
			found = append(found, nil)
			until = time.Time{}
		}
		found[len(found)-1] = append(found[len(found)-1], one)
		if one.until().After(until) {
			until = one.until()
		}
	}
	return found
}

// pick is the last burst that began at a moment or before it, and was no operator's start of single daemons.
func pick(all [][]start, at time.Time) []start {
	for _, burst := range slices.Backward(all) {
		ofFleet := slices.ContainsFunc(burst, func(one start) bool { return !one.byOperator })
		if !burst[0].began.After(at) && ofFleet {
			return burst
		}
	}
	return nil
}
