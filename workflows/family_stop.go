package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// stop ends the given layers of children, one layer after the other, and returns what is known of each.
// Layers that all run on one worker are one activity there; the rest is held by signal. It returns when
// every child has said that it is stopped, or should have.
func (f *family) stop(ctx workflow.Context, layers [][]string) map[string]spec.StopOutcome {
	outcomes := map[string]spec.StopOutcome{}
	longest := time.Duration(0)
	var all []string
	for _, layer := range layers {
		for _, id := range layer {
			c := f.children[id]
			c.waiting, c.BlockedOn = true, nil
			if !c.Existing {
				c.Phase = spec.PhaseStopped
			}
			longest = max(longest, c.input.Spec.StopTimeout)
			outcomes[id] = spec.StopIdle
			if c.Existing && c.Phase != spec.PhaseStopped {
				outcomes[id] = spec.StopClean
			}
			all = append(all, id)
		}
	}
	patience := longest + 2*stopMargin
	for _, round := range f.rounds(layers) {
		// Whoever has not reported by then is shown as it is; its own workflow abandons it.
		for _, layer := range f.stopRunning(ctx, round, outcomes) {
			f.hold(ctx, layer)
			_, _ = awaitWithin(ctx, patience, func() bool { return f.allStopped(layer) })
		}
	}
	f.holdTheSilent(ctx, all)
	_, _ = awaitWithin(ctx, patience, func() bool { return f.allStopped(all) })
	for _, id := range all {
		c := f.children[id]
		c.waiting = true // also who became ready while it was being stopped
		if c.Existing && c.Phase != spec.PhaseStopped {
			outcomes[id] = spec.StopAbandoned
		}
	}
	return outcomes
}

// rounds joins neighbouring layers that one worker can stop by itself.
func (f *family) rounds(layers [][]string) [][][]string {
	var rounds [][][]string
	last := ""
	for _, layer := range layers {
		host := f.soleWorker(layer)
		if host != "" && host == last {
			rounds[len(rounds)-1] = append(rounds[len(rounds)-1], layer)
			continue
		}
		rounds = append(rounds, [][]string{layer})
		last = host
	}
	return rounds
}

// soleWorker is the worker that runs every live child of a layer, empty if there is no such one.
func (f *family) soleWorker(layer []string) string {
	sole := ""
	for _, id := range layer {
		c := f.children[id]
		if !c.Existing || !c.Phase.Live() {
			continue
		}
		if c.Phase != spec.PhaseRunning || c.Worker == "" || (sole != "" && sole != c.Worker) {
			return ""
		}
		sole = c.Worker
	}
	return sole
}

// stopRunning stops the children of one round that run, by one activity on each worker. It returns the
// others, and those that no worker could tell, layer by layer: each must be held, and say itself that it
// has stopped, before the next layer's turn.
func (f *family) stopRunning(ctx workflow.Context, layers [][]string, outcomes map[string]spec.StopOutcome) [][]string {
	byWorker := map[string][][]string{}
	for _, layer := range layers {
		here := map[string][]string{}
		for _, id := range layer {
			if c := f.children[id]; runs(c) {
				here[c.Worker] = append(here[c.Worker], id)
			}
		}
		for _, worker := range workflow.DeterministicKeys(here) {
			byWorker[worker] = append(byWorker[worker], here[worker])
		}
	}
	futures := map[string]workflow.Future{}
	for _, worker := range workflow.DeterministicKeys(byWorker) {
		options := controlOptions(worker, "stop many")
		options.StartToCloseTimeout, options.HeartbeatTimeout = f.stopManyLimit(byWorker[worker]), stopMargin
		input := spec.StopManyInput{Layers: byWorker[worker], Reason: spec.StopForDown}
		futures[worker] = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), spec.ActivityStopMany, input)
	}
	told := map[string]bool{}
	for _, worker := range workflow.DeterministicKeys(futures) {
		var result spec.StopManyResult
		_ = futures[worker].Get(ctx, &result) // a worker that is gone has told none of them
		for _, id := range workflow.DeterministicKeys(result.Outcomes) {
			outcomes[id], told[id] = result.Outcomes[id], true
		}
	}
	rest := make([][]string, len(layers))
	for i, layer := range layers {
		for _, id := range layer {
			if f.children[id].Existing && !told[id] {
				rest[i] = append(rest[i], id)
			}
		}
	}
	return rest
}

// stopManyLimit is what a worker may need to stop layers one after the other: a program may be given hours.
func (f *family) stopManyLimit(layers [][]string) time.Duration {
	limit := stopMargin
	for _, layer := range layers {
		longest := time.Duration(0)
		for _, id := range layer {
			longest = max(longest, f.children[id].input.Spec.StopTimeout)
		}
		limit += longest
	}
	return max(limit, stopManyTimeout)
}

// runs says that a child is known to run on a worker that can be told to end it.
func runs(c *child) bool { return c.Existing && c.Phase == spec.PhaseRunning && c.Worker != "" }

// holdTheSilent tells the workflows of those that their worker was told to end and that have not said so:
// an attempt that ended in another way at that moment would be followed by the next one.
func (f *family) holdTheSilent(ctx workflow.Context, ids []string) {
	if stopped, err := awaitWithin(ctx, silence, func() bool { return f.allStopped(ids) }); stopped || err != nil {
		return
	}
	for _, id := range ids {
		if c := f.children[id]; c.Existing && c.Phase != spec.PhaseStopped {
			f.hold(ctx, []string{id})
		}
	}
}

func (f *family) hold(ctx workflow.Context, ids []string) {
	for _, id := range ids {
		f.children[id].held = true
		f.signal(ctx, f.children[id], spec.SignalHold, nil)
	}
}

func (f *family) allStopped(ids []string) bool {
	for _, id := range ids {
		if c := f.children[id]; c.Existing && c.Phase != spec.PhaseStopped {
			return false
		}
	}
	return true
}
