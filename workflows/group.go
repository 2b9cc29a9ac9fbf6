package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// groupCreating is how many members the server creates at once: a fleet has many groups that start together.
const groupCreating = 4

// Group owns the intent of a per-node daemon type and keeps one member on every node that may host it.
// Towards its parent it behaves as a daemon, and ends when that dismisses it.
func Group(ctx workflow.Context, in spec.DaemonInput) error {
	g, err := newGroup(ctx, in)
	if err != nil {
		return err
	}
	if in.Carry != nil {
		if err := g.family.census(ctx, g.family.order, false); err != nil {
			return err
		}
	}
	g.queue.serve(ctx, g.obey, g.obeyed) // not before the members are known
	for {
		g.drain(ctx)
		g.dirty = false
		g.settle(ctx)
		g.log.publish(ctx, g.details())
		if g.mayLeave(ctx) || g.mayContinueAsNew(ctx) {
			g.log.flush(ctx) // what comes meanwhile is not left behind
		}
		if g.mayLeave(ctx) {
			return nil
		}
		if g.mayContinueAsNew(ctx) {
			return workflow.NewContinueAsNewError(ctx, spec.WorkflowGroup, g.nextInput())
		}
		if err := workflow.Await(ctx, func() bool { return g.news() || g.mayLeave(ctx) || g.mayContinueAsNew(ctx) }); err != nil {
			return err
		}
	}
}

type group struct {
	in     spec.DaemonInput
	self   string
	inbox  *inbox
	queue  queue
	link   *link
	alarm  alarm
	log    *record
	family *family
	dirty  bool

	intent    intent
	fleetDown bool
	cleared   bool
	dismissed bool // its entry in the file was removed
	holding   bool // members are being stopped for `down`
	leaving   int  // dismissed members that have not heard of it yet
	blockedOn []spec.Type
	actor     string
	reason    string
}

func newGroup(ctx workflow.Context, in spec.DaemonInput) (*group, error) {
	box, err := inboxOf(ctx)
	if err != nil {
		return nil, err
	}
	carry := spec.Carry{}
	if in.Carry != nil {
		carry = *in.Carry
	}
	g := &group{
		in: in, self: workflow.GetInfo(ctx).WorkflowExecution.ID, inbox: box, intent: intentOf(carry),
		fleetDown: in.FleetDown, cleared: in.Cleared || in.Parent == "", blockedOn: in.BlockedOn,
		log: newRecord(in.Spec.Type, "", carry),
	}
	g.family = newFamily(ctx, groupCreating, g.touch)
	g.link = newLink(ctx, in.Parent, g.touch)
	g.link.asking = len(in.BlockedOn) > 0
	for _, node := range in.Nodes {
		g.join(ctx, node)
	}
	for _, id := range g.family.order {
		g.family.remember(spec.Row{ID: id, Epoch: carry.Epochs[id]})
	}
	g.queue.before = func(ctx workflow.Context) { g.drain(ctx) }
	return g, g.queue.expose(ctx, g.info, g.carry)
}

func (g *group) touch() { g.dirty = true }

func (g *group) news() bool { return g.dirty || !g.inbox.empty() || g.alarm.rang() }

func (g *group) drain(ctx workflow.Context) {
	g.inbox.drain(func(m message) { g.receive(ctx, m) })
}

func (g *group) receive(ctx workflow.Context, m message) {
	var err error
	switch m.name {
	case spec.SignalReady:
		err = take(m, func(list spec.ReadyList) { g.family.onReady(ctx, list) })
	case spec.SignalNotice:
		err = take(m, func(notice spec.Notice) { g.family.onNotice(ctx, notice) })
	case spec.SignalAsk:
		err = take(m, g.onAsk)
	case spec.SignalNode:
		err = take(m, func(notice spec.NodeNotice) {
			for _, node := range notice.Nodes {
				g.onNode(ctx, node)
			}
		})
	case spec.SignalClosed:
		err = take(m, g.family.closed)
	case spec.SignalClear:
		err = take(m, func(clearance spec.Clearance) { g.onClear(ctx, clearance) })
	case spec.SignalBlocked:
		err = take(m, func(blocked spec.Blocked) { g.blockedOn = blocked.On })
	case spec.SignalAnswer:
		err = take(m, g.link.answer)
	case spec.SignalPatience:
		err = take(m, g.link.patience)
	case spec.SignalHold:
		g.onHold()
	case spec.SignalDismiss:
		g.dismissed, g.dirty = true, true
	default:
		err = g.queue.take(m)
	}
	if err != nil {
		g.log.refuse(ctx, spec.Verb(m.name), "signal", err)
	}
}

// onAsk notes that a member wants to start; it may as soon as the group itself is cleared.
func (g *group) onAsk(ask spec.Ask) {
	if c, found := g.family.children[ask.ID]; found {
		c.waiting, c.Phase, c.Existing, c.Desired = true, spec.PhaseBlocked, true, spec.DesiredRun
	}
}

func (g *group) onClear(ctx workflow.Context, clearance spec.Clearance) {
	was := g.in.Spec
	outdated := !alike(ctx, was.Program, clearance.Spec.Program)
	g.in.Spec, g.in.HasDependents = clearance.Spec, clearance.HasDependents
	if g.fleetDown && g.intent.desired() == spec.DesiredRun {
		g.actor, g.reason = "supervisor", "fleet comes up"
	}
	g.fleetDown, g.cleared, g.link.asking, g.blockedOn = false, true, false, nil
	if !g.link.told.Ready() {
		g.link.told = "" // the parent expects a start now
	}
	for _, id := range g.family.order {
		g.family.children[id].input.Spec = clearance.Spec
		if outdated {
			g.family.children[id].outdated, g.family.children[id].waiting = true, true
		}
	}
	if was.Digest() != clearance.Spec.Digest() && workflow.GetVersion(ctx, "members-take-the-row", workflow.DefaultVersion, 1) >= 1 {
		g.passOn(ctx)
	}
	g.dirty = true
}

func (g *group) onHold() {
	g.fleetDown, g.cleared, g.link.asking = true, false, false
	if g.intent.desired() == spec.DesiredRun {
		g.actor, g.reason = "supervisor", "fleet goes down"
	}
}

func (g *group) settle(ctx workflow.Context) {
	g.intent.expire(workflow.Now(ctx))
	g.family.heal(ctx)
	g.dismiss(ctx)
	switch {
	case g.fleetDown:
		g.holdMembers(ctx)
	case g.cleared, g.intent.desired() != spec.DesiredRun: // who is not to run needs no dependency
		g.family.each(func(c *child) {
			if c.waiting && c.wanted {
				c.input.NodeCount = len(g.family.order)
				g.takeIntent(c)
				g.family.clear(ctx, c)
			}
		})
	default:
		g.link.ask(ctx)
	}
	g.show(ctx)
	g.alarm.set(ctx, earliest(g.intent.nextExpiry(), g.family.retryAt))
}

// takeIntent makes a member start with what is wanted of the group, unless the group is to run: then it
// keeps what was wanted of it alone.
func (g *group) takeIntent(c *child) {
	if g.intent.desired() == spec.DesiredRun {
		return
	}
	carry := spec.Carry{}
	if c.input.Carry != nil {
		carry = *c.input.Carry
	}
	carry.Desired, carry.Pauses = g.intent.desired(), g.intent.pauses
	c.input.Carry = &carry
}

// holdMembers stops the members for `down`, once.
func (g *group) holdMembers(ctx workflow.Context) {
	free := func(c *child) bool { return c.Existing && !(c.held && c.Phase == spec.PhaseStopped) }
	if g.holding || !g.family.any(free) {
		return
	}
	g.holding = true
	workflow.Go(ctx, func(ctx workflow.Context) {
		g.family.stop(ctx, [][]string{g.family.order})
		g.holding = false
		g.touch()
	})
}

func (g *group) mayContinueAsNew(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && !g.dirty && !g.holding && g.leaving == 0 && g.inbox.empty() &&
		g.queue.idle() && g.family.quiet() && g.link.outbox.idle() && workflow.AllHandlersFinished(ctx)
}

// mayLeave says whether a group that was dismissed has seen off its members and has answered everybody.
func (g *group) mayLeave(ctx workflow.Context) bool {
	return g.dismissed && len(g.family.order) == 0 && g.leaving == 0 && !g.dirty && g.inbox.empty() && g.queue.idle() &&
		workflow.AllHandlersFinished(ctx)
}

func (g *group) nextInput() spec.DaemonInput {
	next, carry := g.in, g.carry()
	next.Carry, next.Cleared, next.BlockedOn, next.FleetDown = &carry, g.cleared, g.blockedOn, g.fleetDown
	return next
}
