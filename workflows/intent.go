package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// intent is what the operator wants of one daemon. A pause is a lease: it has a reason and may expire,
// and the daemon stays paused until the last one is gone.
type intent struct {
	stopped bool
	pauses  map[string]time.Time // reason → expiry; the zero time never comes
}

func intentOf(carry spec.Carry) intent {
	pauses := carry.Pauses
	if pauses == nil {
		pauses = map[string]time.Time{}
	}
	return intent{stopped: carry.Desired == spec.DesiredStop, pauses: pauses}
}

func (i *intent) desired() spec.Desired {
	switch {
	case i.stopped:
		return spec.DesiredStop
	case len(i.pauses) > 0:
		return spec.DesiredPause
	}
	return spec.DesiredRun
}

func (i *intent) run() {
	i.stopped = false
	i.clearPauses()
}

func (i *intent) stop() {
	i.stopped = true
	i.clearPauses()
}

// resume ends the pause with a reason, or without one every pause.
func (i *intent) resume(reason string) error {
	if len(i.pauses) == 0 {
		return errors.New("it is not paused")
	}
	if reason == "" {
		i.clearPauses()
		return nil
	}
	if _, found := i.pauses[reason]; !found {
		return fmt.Errorf("no pause has the reason %q: it is paused for %q", reason, workflow.DeterministicKeys(i.pauses))
	}
	delete(i.pauses, reason)
	return nil
}

func (i *intent) clearPauses() { i.pauses = map[string]time.Time{} }

// expire ends the pauses whose time has come.
func (i *intent) expire(now time.Time) {
	for _, reason := range workflow.DeterministicKeys(i.pauses) {
		if until := i.pauses[reason]; !until.IsZero() && !now.Before(until) {
			delete(i.pauses, reason)
		}
	}
}

// nextExpiry is the zero time when no pause ends by itself.
func (i *intent) nextExpiry() time.Time {
	var next time.Time
	for _, reason := range workflow.DeterministicKeys(i.pauses) {
		next = earliest(next, i.pauses[reason])
	}
	return next
}

// earliest ignores zero times.
func earliest(times ...time.Time) time.Time {
	first := time.Time{}
	for _, at := range times {
		if first.IsZero() || (!at.IsZero() && at.Before(first)) {
			first = at
		}
	}
	return first
}
