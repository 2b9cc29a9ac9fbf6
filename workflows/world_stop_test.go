package workflows_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/ringrift/orchestrator/internal/spec"
)

func (w *world) stopDaemon(_ context.Context, in spec.StopDaemonInput) (spec.StopDaemonResult, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.stops = append(w.stops, in)
	if w.gone {
		return spec.StopDaemonResult{}, errors.New("nobody polls the control queue")
	}
	r := w.find(in.ID)
	if r == nil || (in.Epoch != 0 && in.Epoch != r.epoch) {
		return spec.StopDaemonResult{}, nil
	}
	w.stopLater(r, in.Reason, w.stopTakes)
	return spec.StopDaemonResult{Told: true}, nil
}

// stopMany ends one layer after the other, and itself with the last.
func (w *world) stopMany(ctx context.Context, in spec.StopManyInput) (spec.StopManyResult, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.gone {
		return spec.StopManyResult{}, errors.New("nobody polls the control queue")
	}
	result := spec.StopManyResult{Outcomes: map[string]spec.StopOutcome{}}
	after := w.stopTakes
	for _, layer := range in.Layers {
		for _, id := range layer {
			if r := w.find(id); r != nil {
				w.stopLater(r, in.Reason, after)
				result.Outcomes[id] = spec.StopClean
			}
		}
		after += w.stopTakes + time.Millisecond
	}
	info := activity.GetInfo(ctx)
	token := info.TaskToken
	w.stopLimits = append(w.stopLimits, info.Deadline.Sub(info.StartedTime))
	w.rig.env.RegisterDelayedCallback(func() { _ = w.rig.env.CompleteActivity(token, result, nil) }, after) // nobody may wait for it any more
	return spec.StopManyResult{}, activity.ErrResultPending
}

// stopLater ends a daemon as the host does, with the outcome that the reason calls for.
func (w *world) stopLater(r *run, reason spec.StopReason, after time.Duration) {
	if w.deaf {
		return
	}
	result := spec.RunResult{Outcome: spec.OutcomeStopped, Cause: spec.CauseOperator}
	switch reason {
	case spec.StopForDown:
		result.Outcome = spec.OutcomeDown
	case spec.StopForPause:
		result.Handover = []byte("paused")
	case spec.StopForHandover:
		result = spec.RunResult{Outcome: spec.OutcomeHandover, Cause: spec.CauseDeploy, Handover: []byte("handed over")}
	}
	w.rig.env.RegisterDelayedCallback(func() { w.end(r, result, nil) }, after+w.slowResults)
}

func (w *world) locate(_ context.Context, in spec.LocateInput) (spec.LocateResult, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if r := w.find(in.ID); r != nil && !w.gone {
		return spec.LocateResult{Worker: workerName, Epoch: r.epoch}, nil
	}
	return spec.LocateResult{}, nil
}

func (w *world) census(ctx context.Context, in spec.CensusInput) (spec.CensusResult, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.censuses++
	result := spec.CensusResult{Closed: map[string]spec.Carry{}}
	for _, row := range w.running {
		if slices.Contains(in.IDs, row.ID) {
			result.Running = append(result.Running, row)
		}
	}
	for _, id := range in.IDs {
		if carry, found := w.closed[id]; found {
			result.Closed[id] = carry
		}
		if slices.Contains(w.silent, id) {
			result.Unreadable = append(result.Unreadable, id)
		}
	}
	if w.censusTakes == 0 {
		return result, nil
	}
	token := activity.GetInfo(ctx).TaskToken
	w.rig.env.RegisterDelayedCallback(func() { _ = w.rig.env.CompleteActivity(token, result, nil) }, w.censusTakes) // nobody may wait for it any more
	return result, activity.ErrResultPending
}
