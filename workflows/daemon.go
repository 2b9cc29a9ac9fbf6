package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Daemon keeps one copy of a daemon as it is wanted. It ends when its parent dismisses it; when it is cancelled
// or terminated its parent starts it again.
func Daemon(ctx workflow.Context, in spec.DaemonInput) error {
	d, err := newDaemon(ctx, in)
	if err != nil {
		return err
	}
	for {
		d.drain(ctx)
		d.dirty = false
		d.settle(ctx)
		d.publish(ctx)
		if d.mayLeave(ctx) || d.mayContinueAsNew(ctx) {
			d.log.flush(ctx) // what comes meanwhile is not left behind
		}
		if d.mayLeave(ctx) {
			return nil
		}
		if d.mayContinueAsNew(ctx) {
			return workflow.NewContinueAsNewError(ctx, spec.WorkflowDaemon, d.nextInput())
		}
		if err := workflow.Await(ctx, func() bool { return d.news() || d.mayLeave(ctx) || d.mayContinueAsNew(ctx) }); err != nil {
			d.abandonOnCancel(ctx)
			return err
		}
	}
}

// daemon is the state of one workflow run. Only settle changes the phase.
type daemon struct {
	in    spec.DaemonInput
	self  string
	inbox *inbox
	queue queue
	link  *link
	alarm alarm
	log   *record
	dirty bool

	intent    intent
	fleetDown bool
	dismissed bool // its node, or its entry in the file, was removed
	cleared   bool
	blockedOn []spec.Type
	restart   bool // the run must end and another begin
	vouch     bool // the parent does not know that the run is ready: its host told somebody else
	actor     string
	reason    string
	lastCause spec.Cause // of the latest end of an attempt or command

	run       *run
	lastEpoch int64  // of the latest attempt of the latest activity; 0 while that is not known
	evict     string // worker that may still run a copy of an earlier workflow run

	spent       int // failures charged to the budget
	exhausted   bool
	regiven     bool // the budget was given back, but the activity still has the attempts of before
	restarts    map[spec.Cause]int
	lastError   string
	nextTryAt   time.Time
	ended       spec.Phase // FAILED, COMPLETED or DISABLED, until the operator asks again
	endedReason string
	handover    []byte
	offered     []byte // the hand-over that went along with an activity of which no attempt is known to have begun
	unavailable bool   // the node's queue was not served in time
	absences    int    // in a row: no worker knew the type
}

func newDaemon(ctx workflow.Context, in spec.DaemonInput) (*daemon, error) {
	box, err := inboxOf(ctx)
	if err != nil {
		return nil, err
	}
	carry := spec.Carry{}
	if in.Carry != nil {
		carry = *in.Carry
	}
	d := &daemon{
		in: in, self: workflow.GetInfo(ctx).WorkflowExecution.ID, inbox: box,
		intent: intentOf(carry), fleetDown: in.FleetDown, cleared: in.Cleared || in.Parent == "", blockedOn: in.BlockedOn,
		spent: carry.Spent, exhausted: carry.Exhausted, restarts: carry.Restarts, lastError: carry.LastError,
		nextTryAt: carry.NextTryAt, ended: carry.Ended, endedReason: carry.EndedReason, handover: carry.Handover,
		evict: carry.Worker,
	}
	if carry.Phase == spec.PhaseUnavailable && !carry.NextTryAt.IsZero() {
		d.absences = 1 // it waits for a worker that knows its type
	}
	if d.restarts == nil {
		d.restarts = map[spec.Cause]int{}
	}
	d.log = newRecord(in.Spec.Type, in.Node, carry)
	d.link = newLink(ctx, in.Parent, d.touch)
	d.link.asking = len(in.BlockedOn) > 0 // the parent knows, and clears us by itself
	d.queue.before = func(ctx workflow.Context) { d.drain(ctx) }
	d.queue.serve(ctx, d.obey, d.obeyed)
	return d, d.queue.expose(ctx, d.info, d.carry)
}

func (d *daemon) touch() { d.dirty = true }

// news says whether the loop has something to do.
func (d *daemon) news() bool {
	return d.dirty || !d.inbox.empty() || d.alarm.rang() || (d.run != nil && d.run.ended())
}

func (d *daemon) drain(ctx workflow.Context) {
	d.inbox.drain(func(m message) { d.receive(ctx, m) })
}

func (d *daemon) receive(ctx workflow.Context, m message) {
	var err error
	switch m.name {
	case spec.SignalReport:
		err = take(m, d.onReport)
	case spec.SignalClear:
		err = take(m, func(clearance spec.Clearance) { d.onClear(ctx, clearance) })
	case spec.SignalBlocked:
		err = take(m, func(blocked spec.Blocked) { d.blockedOn = blocked.On })
	case spec.SignalAnswer:
		err = take(m, d.link.answer)
	case spec.SignalPatience:
		err = take(m, d.link.patience)
	case spec.SignalHold:
		d.onHold()
	case spec.SignalDismiss:
		d.onDismiss()
	default:
		err = d.queue.take(m)
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("signal refused", "signal", m.name, "error", err)
		d.log.refuse(ctx, spec.Verb(m.name), "signal", err)
	}
}

func (d *daemon) onClear(ctx workflow.Context, clearance spec.Clearance) {
	d.renew(ctx, clearance.Spec.Program)
	d.in.Spec, d.in.HasDependents = clearance.Spec, clearance.HasDependents
	if d.fleetDown && d.intent.desired() == spec.DesiredRun {
		d.actor, d.reason = "supervisor", "fleet comes up"
	}
	d.fleetDown, d.cleared, d.link.asking = false, true, false
	d.blockedOn, d.link.told = nil, ""   // the parent expects a start now
	d.vouch = d.run != nil && !d.restart // who follows another parent may expect it of one that runs on
}

// renew ends a run of an older program, and lets a one-shot run again when the fleet has come up again. What another
// program has failed at is not held against the new one.
func (d *daemon) renew(ctx workflow.Context, program *spec.Program) {
	switch {
	case !alike(ctx, d.in.Spec.Program, program):
		d.again()
		if workflow.GetVersion(ctx, "new-program-new-budget", workflow.DefaultVersion, 1) >= 1 {
			d.forgive()
		}
		if d.restart = d.run != nil; d.restart {
			d.actor, d.reason = "supervisor", "its program has changed"
		}
	case d.fleetDown && program != nil && program.Kind == spec.ProgramOneShot && d.ended == spec.PhaseCompleted:
		d.again()
	}
}

func (d *daemon) onHold() {
	d.fleetDown, d.cleared, d.link.asking = true, false, false
	d.link.told = "" // the parent waits for the word that it is stopped
	if d.intent.desired() == spec.DesiredRun {
		d.actor, d.reason = "supervisor", "fleet goes down"
	}
}

// onDismiss ends it for good; should it come back, it begins anew.
func (d *daemon) onDismiss() {
	d.again()
	d.dismissed, d.actor, d.reason = true, "supervisor", "its node was removed"
	if d.in.Node == "" {
		d.reason = "its entry was removed"
		d.forgive()
	}
}

// settle moves the daemon one step towards what is wanted.
func (d *daemon) settle(ctx workflow.Context) {
	d.intent.expire(workflow.Now(ctx))
	d.finishRun(ctx)
	if d.run == nil && d.restart {
		d.restart = false // the run has ended in its own way, which is as good
		d.again()
		if d.unavailable && workflow.GetVersion(ctx, "restart-seeks-its-node", workflow.DefaultVersion, 1) >= 1 {
			d.unavailable = false // or nobody would hear that its node is still away
		}
	}
	switch {
	case d.run != nil:
		d.steer(ctx)
	case !d.wanted():
		d.rest(ctx)
	case d.ended != "":
		d.enter(ctx, d.ended, d.endedReason)
	case !d.cleared:
		d.enter(ctx, spec.PhaseBlocked, "waits for its dependencies")
		d.link.ask(ctx)
	case d.nextTryAt.After(workflow.Now(ctx)):
		d.wait(ctx)
	case !workflow.GetInfo(ctx).GetContinueAsNewSuggested():
		d.begin(ctx)
	}
	d.alarm.set(ctx, d.wakeAt())
}

func (d *daemon) wanted() bool {
	return !d.fleetDown && !d.dismissed && d.intent.desired() == spec.DesiredRun
}

// steer decides whether the running activity must end.
func (d *daemon) steer(ctx workflow.Context) {
	switch {
	case d.run.stopping:
	case d.fleetDown:
		d.endRun(ctx, spec.StopForDown)
	case !d.wanted() && d.intent.desired() == spec.DesiredPause:
		d.endRun(ctx, spec.StopForPause)
	case !d.wanted() || d.restart:
		d.endRun(ctx, spec.StopForOperator)
	case d.outmoded(ctx):
		d.actor, d.reason = "supervisor", "its row has changed"
		d.endRun(ctx, spec.StopForOperator)
	case workflow.GetInfo(ctx).GetContinueAsNewSuggested():
		d.endRun(ctx, spec.StopForHandover)
	}
}

// outmoded says that a run that has failed would be tried again by a row that holds no more.
func (d *daemon) outmoded(ctx workflow.Context) bool {
	return !d.nextTryAt.IsZero() && !alike(ctx, d.run.row, d.in.Spec) &&
		workflow.GetVersion(ctx, "new-row-at-the-next-try", workflow.DefaultVersion, 1) >= 1
}

// rest is the state of a daemon that is not wanted and does not run.
func (d *daemon) rest(ctx workflow.Context) {
	d.restart, d.nextTryAt, d.cleared = false, time.Time{}, d.in.Parent == ""
	d.blockedOn, d.link.asking, d.unavailable = nil, false, false
	if d.intent.desired() == spec.DesiredPause && !d.fleetDown {
		d.enter(ctx, spec.PhasePaused, d.reason)
		return
	}
	d.enter(ctx, spec.PhaseStopped, d.reason)
}

// wait is the pause before the next try that the workflow itself makes.
func (d *daemon) wait(ctx workflow.Context) {
	if d.exhausted {
		d.enter(ctx, spec.PhaseProbing, d.lastError)
		return
	}
	if d.absences > 0 {
		d.enter(ctx, spec.PhaseUnavailable, "no worker that was asked knows this type")
		return
	}
	d.enter(ctx, spec.PhaseRestarting, d.lastError)
}

func (d *daemon) wakeAt() time.Time {
	if d.run != nil || !d.wanted() || !d.cleared || d.ended != "" {
		return d.intent.nextExpiry() // nobody waits for a next try, whatever an earlier run left
	}
	return earliest(d.intent.nextExpiry(), d.nextTryAt)
}

// mayLeave says whether a daemon that was dismissed has ended and has answered everybody.
func (d *daemon) mayLeave(ctx workflow.Context) bool {
	return d.dismissed && d.run == nil && !d.dirty && d.inbox.empty() && d.queue.idle() && workflow.AllHandlersFinished(ctx)
}

// mayContinueAsNew waits for a moment without activity, signals or commands: a new run beside a running
// activity would mean two copies.
func (d *daemon) mayContinueAsNew(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && d.run == nil && !d.dirty &&
		d.inbox.empty() && d.queue.idle() && d.link.outbox.idle() && workflow.AllHandlersFinished(ctx)
}

func (d *daemon) nextInput() spec.DaemonInput {
	next, carry := d.in, d.carry()
	next.Carry, next.Cleared, next.BlockedOn, next.FleetDown = &carry, d.cleared, d.blockedOn, d.fleetDown
	return next
}

// abandonOnCancel stops the activity of a workflow that was itself cancelled, so that no copy outlives it.
func (d *daemon) abandonOnCancel(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	if d.run != nil && !d.run.stopping {
		d.endRun(ctx, spec.StopForOperator)
	}
	if d.run != nil {
		_ = workflow.Await(ctx, d.run.ended) // cannot fail on a context that is never cancelled
	}
}
