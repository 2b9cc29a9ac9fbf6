package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// permissionTimeout bounds the wait for a parent's answer, unless it asks for patience: a cascade may stop a chain of daemons first.
const permissionTimeout = 3 * time.Minute

// link is a child's line to the workflow that gates it. A child without parent is always cleared.
type link struct {
	parent  string
	self    string
	answers map[string]spec.PermissionAnswer
	within  map[string]time.Duration // how long an answer may take that the parent wants patience for
	outbox  outbox
	told    spec.Phase // what the parent heard last; empty when it has come to expect something else
	asking  bool       // a question is out, or its answer was "blocked" and the clearance will come by itself
	dirty   func()
}

func newLink(ctx workflow.Context, parent string, dirty func()) *link {
	self := workflow.GetInfo(ctx).WorkflowExecution.ID
	return &link{parent: parent, self: self, answers: map[string]spec.PermissionAnswer{}, within: map[string]time.Duration{}, dirty: dirty}
}

// tell gives the parent word of a phase that it has not heard. A parent that is gone learns it by its
// census when it is back.
func (l *link) tell(ctx workflow.Context, notice spec.Notice) {
	heard := l.told == notice.Phase
	l.told = notice.Phase
	if heard || l.parent == "" || !away(notice.Phase) {
		return
	}
	notice.ID = l.self
	l.send(ctx, spec.SignalNotice, notice)
}

func (l *link) send(ctx workflow.Context, name string, payload any) workflow.Future {
	return l.outbox.send(ctx, nil, func(ctx workflow.Context) workflow.Future {
		return workflow.SignalExternalWorkflow(ctx, l.parent, "", name, payload)
	})
}

// away says whether a parent must hear of the phase from the child itself: of starting it knows, of
// running the host tells it.
func away(phase spec.Phase) bool {
	return phase != spec.PhaseStarting && phase != spec.PhaseRunning && phase != spec.PhaseStopping && phase != spec.PhaseBlocked
}

// ask asks once whether the dependencies are ready. A parent that is gone is asked again until it is back.
func (l *link) ask(ctx workflow.Context) {
	if l.asking {
		return
	}
	l.asking = true
	workflow.Go(ctx, func(ctx workflow.Context) {
		for l.asking {
			err := l.send(ctx, spec.SignalAsk, spec.Ask{ID: l.self}).Get(ctx, nil)
			if err == nil || workflow.Sleep(ctx, 5*time.Second) != nil {
				return
			}
		}
	})
}

// permit asks the parent whether a command may go ahead, and lets it cascade.
func (l *link) permit(ctx workflow.Context, verb spec.Verb, command spec.Command) ([]spec.Type, error) {
	request := fmt.Sprintf("%s/%d", verb, workflow.GetInfo(ctx).GetCurrentHistoryLength())
	sent := l.send(ctx, spec.SignalPermission,
		spec.PermissionRequest{ID: l.self, Request: request, Verb: verb, Command: command})
	if err := sent.Get(ctx, nil); err != nil {
		return nil, errors.New("the supervisor is not running now, so its dependents are unknown: try again in a minute")
	}
	answer, err := l.await(ctx, request)
	if err == nil && answer.Refused != "" {
		err = errors.New(answer.Refused)
	}
	if err != nil {
		return nil, err
	}
	return answer.Touched, nil
}

// await waits for the parent's answer, for as long as it says that this may take.
func (l *link) await(ctx workflow.Context, request string) (spec.PermissionAnswer, error) {
	defer delete(l.answers, request)
	defer delete(l.within, request)
	answered := func() bool { _, found := l.answers[request]; return found }
	limit := permissionTimeout
	done, err := awaitWithin(ctx, limit, func() bool { return answered() || l.within[request] > 0 })
	if longer := l.within[request]; err == nil && longer > 0 && !answered() {
		limit = longer
		done, err = awaitWithin(ctx, limit, answered)
	}
	if err == nil && !done {
		err = fmt.Errorf("the supervisor gave no answer within %s: look at its workflow", limit)
	}
	return l.answers[request], err
}

func (l *link) answer(answer spec.PermissionAnswer) {
	l.answers[answer.Request] = answer
	l.dirty()
}

func (l *link) patience(patience spec.Patience) {
	l.within[patience.Request] = patience.Within
	l.dirty()
}
