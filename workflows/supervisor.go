package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// revealDelay is how long a daemon that waits for its dependencies has no workflow. At a normal start it
// never needs one before its turn; past this, operators can see it and signal it.
const revealDelay = 3 * time.Second

// fleetCreating is how many of its children the server creates at once; groups create theirs meanwhile.
const fleetCreating = 32

// Supervisor starts the fleet in dependency order and keeps every child's workflow alive. It never
// restarts a daemon: that is the daemon's own workflow's business.
func Supervisor(ctx workflow.Context, in spec.SupervisorInput) error {
	s, err := newSupervisor(ctx, in)
	if err != nil {
		return err
	}
	if err := s.family.census(ctx, s.family.order, false); err != nil {
		return err
	}
	s.counted = true
	for {
		s.drain(ctx)
		s.dirty = false
		s.settle(ctx)
		workflow.SetCurrentDetails(ctx, s.details())
		if s.mayContinueAsNew(ctx) {
			carry := s.carry()
			return workflow.NewContinueAsNewError(ctx, spec.WorkflowSupervisor, spec.SupervisorInput{Carry: &carry})
		}
		if err := workflow.Await(ctx, func() bool { return s.stirred() || s.mayContinueAsNew(ctx) }); err != nil {
			return err
		}
	}
}

type supervisor struct {
	inbox   *inbox
	family  *family
	alarm   alarm
	mutex   workflow.Mutex // one `up` or `down` at a time
	working int            // coroutines that answer a permission or flip the switch
	dirty   bool
	counted bool // the census is taken: before that, every child looks as if it did not exist

	fleet    spec.FleetState
	request  spec.UpRequest
	before   *spec.Applied // the file of command daemons before the one in force
	nodes    []spec.Node
	news     []spec.Node // that the groups have not heard of
	newsAt   time.Time   // when they will
	revealAt time.Time
}

func newSupervisor(ctx workflow.Context, in spec.SupervisorInput) (*supervisor, error) {
	box, err := inboxOf(ctx)
	if err != nil {
		return nil, err
	}
	s := &supervisor{inbox: box, mutex: workflow.NewMutex(ctx), fleet: spec.FleetDown}
	s.family = newFamily(ctx, fleetCreating, s.touch)
	if in.Carry != nil {
		s.fleet, s.request, s.before, s.nodes = in.Carry.Fleet, in.Carry.Request, in.Carry.Before, in.Carry.Nodes
		if s.news = s.nodes; len(s.news) > 0 {
			s.newsAt = workflow.Now(ctx) // a word to a group may have been lost with the run before
		}
		s.enrol(ctx)
		for _, row := range in.Carry.Rows {
			s.family.remember(row)
		}
	}
	return s, s.expose(ctx)
}

func (s *supervisor) expose(ctx workflow.Context) error {
	// The SDK runs updates before the main loop: signals that came earlier are taken first.
	up := func(ctx workflow.Context, request spec.UpRequest) (spec.FleetStatus, error) {
		if err := s.begin(ctx); err != nil {
			return spec.FleetStatus{}, err
		}
		return s.up(ctx, request)
	}
	if err := workflow.SetUpdateHandler(ctx, spec.UpdateUp, up); err != nil {
		return err
	}
	down := func(ctx workflow.Context, command spec.Command) (spec.DownResult, error) {
		if err := s.begin(ctx); err != nil {
			return spec.DownResult{}, err
		}
		return s.down(ctx, command)
	}
	if err := workflow.SetUpdateHandler(ctx, spec.UpdateDown, down); err != nil {
		return err
	}
	node := func(ctx workflow.Context, order spec.NodeOrder) error {
		s.drain(ctx)
		s.onOrder(ctx, order)
		return nil
	}
	if err := workflow.SetUpdateHandler(ctx, spec.UpdateNode, node); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, spec.QueryStatus, func() (spec.FleetStatus, error) { return s.status(), nil }); err != nil {
		return err
	}
	return workflow.SetQueryHandler(ctx, spec.QueryCarry, func() (spec.SupervisorCarry, error) { return s.carry(), nil })
}

// begin lets an update see what the signals before it have done, and every child that there is.
func (s *supervisor) begin(ctx workflow.Context) error {
	s.drain(ctx)
	return workflow.Await(ctx, func() bool { return s.counted })
}

func (s *supervisor) touch() { s.dirty = true }

func (s *supervisor) stirred() bool { return s.dirty || !s.inbox.empty() || s.alarm.rang() }

func (s *supervisor) drain(ctx workflow.Context) {
	s.inbox.drain(func(m message) { s.receive(ctx, m) })
}

func (s *supervisor) receive(ctx workflow.Context, m message) {
	var err error
	switch m.name {
	case spec.SignalReady:
		err = take(m, func(list spec.ReadyList) { s.family.onReady(ctx, list) })
	case spec.SignalNotice:
		err = take(m, func(notice spec.Notice) { s.family.onNotice(ctx, notice) })
	case spec.SignalAsk:
		err = take(m, s.onAsk)
	case spec.SignalPermission:
		err = take(m, func(request spec.PermissionRequest) {
			s.inBackground(ctx, func(ctx workflow.Context) { s.onPermission(ctx, request) })
		})
	case spec.SignalNode:
		err = take(m, func(notice spec.NodeNotice) {
			for _, node := range notice.Nodes {
				s.onNode(ctx, node)
			}
		})
	case spec.SignalClosed:
		err = take(m, s.family.closed)
	case spec.SignalUp:
		s.inBackground(ctx, func(ctx workflow.Context) { _, _ = s.up(ctx, s.request) }) // a signal has nobody to answer
	case spec.SignalDown:
		s.inBackground(ctx, func(ctx workflow.Context) { _, _ = s.down(ctx, spec.Command{Actor: "signal"}) })
	default:
		err = fmt.Errorf("no such signal: the supervisor takes %s and %s", spec.SignalUp, spec.SignalDown)
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("signal refused", "signal", m.name, "error", err)
	}
}

// inBackground runs work that waits for others, and keeps the run from ending meanwhile.
func (s *supervisor) inBackground(ctx workflow.Context, work func(workflow.Context)) {
	s.working++
	workflow.Go(ctx, func(ctx workflow.Context) {
		if workflow.Await(ctx, func() bool { return s.counted }) == nil {
			work(ctx)
		}
		s.working--
		s.touch()
	})
}

// settle clears whoever may start now.
func (s *supervisor) settle(ctx workflow.Context) {
	s.family.heal(ctx)
	s.tellGroups(ctx)
	if s.fleet == spec.FleetUp {
		s.advance(ctx)
	}
	s.alarm.set(ctx, earliest(s.revealAt, s.newsAt, s.family.retryAt))
}

func (s *supervisor) status() spec.FleetStatus {
	status := spec.FleetStatus{Fleet: s.fleet, Installation: s.request.Installation, Nodes: s.members(), Planned: s.request.Planned}
	s.family.each(func(c *child) {
		if !c.wanted && !c.Phase.Live() {
			return // an earlier plan had it, and nobody waits for it
		}
		kind := spec.KindDaemon
		if c.kind == spec.WorkflowGroup {
			kind = spec.KindGroup
		}
		status.Daemons = append(status.Daemons, spec.Info{
			Daemon: c.input.Spec.Type, Kind: kind, Phase: c.Phase, Ready: c.ready(), Since: c.Since, Reason: c.Reason,
			Desired: spec.DesiredRun, BlockedOn: c.BlockedOn, Epoch: c.Epoch, Worker: c.Worker, MaxRestarts: c.input.Spec.MaxRestarts,
			Health: spec.Health{Status: spec.HealthUnknown}, FleetDown: s.fleet == spec.FleetDown, Program: c.input.Spec.Program.Digest(),
		})
	})
	return status
}

func (s *supervisor) mayContinueAsNew(ctx workflow.Context) bool {
	return workflow.GetInfo(ctx).GetContinueAsNewSuggested() && !s.dirty && s.working == 0 && len(s.news) == 0 && s.inbox.empty() &&
		s.family.quiet() && workflow.AllHandlersFinished(ctx)
}

func (s *supervisor) carry() spec.SupervisorCarry {
	return spec.SupervisorCarry{Fleet: s.fleet, Request: s.request, Before: s.before, Nodes: s.nodes, Rows: s.family.rows()}
}

func (s *supervisor) details() string {
	counts := map[spec.Phase]int{}
	s.family.each(func(c *child) { counts[c.Phase]++ })
	text := fmt.Sprintf("fleet **%s**, %d daemons, %d nodes", s.fleet, len(s.family.order), len(s.members()))
	for _, phase := range workflow.DeterministicKeys(counts) {
		text += fmt.Sprintf("\n\n- %s: %d", phase, counts[phase])
	}
	return text
}

func refusal(format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), spec.ErrorRefused, nil)
}
