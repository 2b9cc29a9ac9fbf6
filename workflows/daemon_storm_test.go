package workflows_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// wish is the small model that a storm of commands is held against.
type wish struct {
	stopped, down bool
	pauses        map[string]bool
}

func (w *wish) take(verb spec.Verb, reason string) {
	switch verb {
	case spec.VerbStart, spec.VerbRestart:
		w.stopped, w.pauses = false, map[string]bool{}
	case spec.VerbStop:
		w.stopped, w.pauses = true, map[string]bool{}
	case spec.VerbPause:
		if !w.stopped {
			w.pauses[reason] = true
		}
	case spec.VerbResume:
		delete(w.pauses, reason)
	}
}

func (w *wish) phase() spec.Phase {
	switch {
	case w.stopped || w.down:
		return spec.PhaseStopped
	case len(w.pauses) > 0:
		return spec.PhasePaused
	}
	return spec.PhaseRunning
}

func TestDaemonInAStormEndsAsLastWanted(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			r := launchDaemon(t, underSupervisor)
			r.world.lively = true
			r.world.clearance = &spec.Clearance{Spec: autoSync()}
			want := wish{pauses: map[string]bool{}}
			for range 60 {
				for range random.IntN(8) {
					r.blow(random, &want)
				}
				r.world.stopTakes = time.Duration(random.IntN(3000)) * time.Millisecond
				r.wait(time.Duration(1+random.IntN(5000)) * time.Millisecond)
			}
			r.wait(2 * time.Hour)
			r.requirePhase(want.phase())
			hosted := 0
			for _, run := range r.world.runs {
				if run.hosted {
					hosted++
				}
			}
			require.Equal(t, want.phase() == spec.PhaseRunning, hosted == 1, "%d copies run in phase %s", hosted, want.phase())
		})
	}
}

// blow sends one random command, flips the fleet's switch, or lets the daemon end in some way.
func (r *rig) blow(random *rand.Rand, want *wish) {
	verbs := spec.Verbs()
	switch dice := random.IntN(20); {
	case dice == 0:
		want.down = !want.down
		if want.down {
			r.env.SignalWorkflow(spec.SignalHold, nil)
		} else {
			r.env.SignalWorkflow(spec.SignalClear, spec.Clearance{Spec: autoSync()})
		}
	case dice == 1 && len(r.world.runs) > 0:
		r.world.end(r.run(), spec.RunResult{Outcome: spec.OutcomeRenew, Cause: spec.CauseWorkerLost}, nil)
	default:
		verb, reason := verbs[random.IntN(len(verbs))], fmt.Sprint("reason ", random.IntN(3))
		want.take(verb, reason)
		r.env.SignalWorkflowSkippingWorkflowTask(string(verb), spec.Command{Reason: reason})
		if random.IntN(2) == 0 {
			r.env.SignalWorkflow(wake, nil)
		}
	}
}
