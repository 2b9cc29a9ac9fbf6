package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// alarm is one timer that can be set again. It costs history only when its time changes. A time that is
// not in the future is off: whoever waited for it has just been settled.
type alarm struct {
	at     time.Time
	timer  workflow.Future
	cancel workflow.CancelFunc
}

// rang says whether the time has come since the alarm was last set.
func (a *alarm) rang() bool { return a.timer != nil && a.timer.IsReady() }

// set moves the alarm; the zero time turns it off.
func (a *alarm) set(ctx workflow.Context, at time.Time) {
	if a.rang() {
		a.at, a.timer = time.Time{}, nil
	}
	if !at.After(workflow.Now(ctx)) {
		at = time.Time{}
	}
	if at.Equal(a.at) {
		return
	}
	if a.timer != nil {
		a.cancel()
	}
	a.at, a.timer = at, nil
	if at.IsZero() {
		return
	}
	child, cancel := workflow.WithCancel(ctx)
	a.timer, a.cancel = workflow.NewTimer(child, at.Sub(workflow.Now(ctx))), cancel
}
