package workflows

import (
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// taskTimeout bounds how long a workflow task that a dying worker had fetched delays its workflow.
	taskTimeout = 2 * time.Second
	// restartPause is more than the server demands between two runs of one workflow id.
	restartPause = 1500 * time.Millisecond
	// unreadablePause is the wait before a child that did not answer is asked again, endingPause before one that is to end.
	unreadablePause = 5 * time.Second
	endingPause     = time.Second
	// silence is how long a child that its worker has stopped may take to say so itself.
	silence = 2 * time.Second
	// stopManyTimeout bounds one StopMany, unless its daemons may take longer.
	stopManyTimeout = 5 * time.Minute
)

// child is one workflow that a parent keeps alive.
type child struct {
	spec.Row
	kind  string // workflow type
	input spec.DaemonInput
	// created is done once the server has made the workflow; nil for one that was adopted.
	created workflow.Future
	outbox  outbox
	// waiting means that the child may not start before it is cleared.
	waiting bool
	// held means that it was told last that the fleet is down, not that it may start.
	held bool
	// lost means that its workflow closed although nobody ended it.
	lost bool
	// heard is what the run before knew of it, if that was ready.
	heard spec.Row
	// outdated means that it has not been given the program of its row yet.
	outdated bool
	// wanted says that the present request names it.
	wanted bool
}

// family is what a parent knows of its children, and how it starts, adopts and stops them. Children
// outlive their parent's runs; a new run takes a census.
type family struct {
	children map[string]*child
	order    []string
	creating workflow.Semaphore
	touch    func()
	retryAt  time.Time // when children that did not answer are asked again
}

// newFamily makes a family whose parent has the server create so many children at once. Each creation takes
// the parent's lock twice: too many wait for each other and try again, too few wait for the parent.
func newFamily(ctx workflow.Context, creating int64, touch func()) *family {
	return &family{children: map[string]*child{}, creating: workflow.NewSemaphore(ctx, creating), touch: touch}
}

// add makes a child known; it is not started yet.
func (f *family) add(ctx workflow.Context, id, kind string, input spec.DaemonInput) *child {
	if known, found := f.children[id]; found {
		known.input.Spec, known.input.HasDependents = input.Spec, input.HasDependents
		return known
	}
	added := &child{Row: spec.Row{ID: id, Phase: spec.PhaseStopped, Since: workflow.Now(ctx)}, kind: kind, input: input, waiting: true}
	f.children[id] = added
	f.order = append(f.order, id)
	return added
}

// forget drops a child that the parent has let go of.
func (f *family) forget(id string) {
	delete(f.children, id)
	f.order = slices.DeleteFunc(slices.Clone(f.order), func(known string) bool { return known == id })
}

// each visits the children in the order in which they were added.
func (f *family) each(visit func(*child)) {
	for _, id := range f.order {
		visit(f.children[id])
	}
}

func (f *family) any(is func(*child) bool) bool {
	found := false
	f.each(func(c *child) { found = found || is(c) })
	return found
}

// remember takes what an earlier run has heard: late word of an attempt that has ended is known as such, and an
// attempt that is ready as well, which its own workflow may hear of later.
func (f *family) remember(row spec.Row) {
	if c, found := f.children[row.ID]; found {
		c.Epoch = max(c.Epoch, row.Epoch)
		if row.Phase.Ready() {
			c.heard = row
		}
	}
}

func (f *family) epochs() map[string]int64 {
	epochs := map[string]int64{}
	f.each(func(c *child) { epochs[c.ID] = c.Epoch })
	return epochs
}

func (f *family) rows() []spec.Row {
	var rows []spec.Row
	f.each(func(c *child) { rows = append(rows, c.Row) })
	return rows
}

// census asks the server what became of the given children: it adopts those that run and takes over
// the intent and the counters of those that are closed.
func (f *family) census(ctx workflow.Context, ids []string, first bool) error {
	if len(ids) == 0 {
		return nil
	}
	var result spec.CensusResult
	ctx = workflow.WithActivityOptions(ctx, supportOptions("census"))
	if err := workflow.ExecuteActivity(ctx, spec.ActivityCensus, spec.CensusInput{IDs: ids, First: first}).Get(ctx, &result); err != nil {
		return err
	}
	stranger := func(id string) bool { return f.children[id] == nil } // it was let go meanwhile
	ids = slices.DeleteFunc(slices.Clone(ids), stranger)
	result.Unreadable = slices.DeleteFunc(result.Unreadable, stranger)
	result.Running = slices.DeleteFunc(result.Running, func(row spec.Row) bool { return stranger(row.ID) })
	told := map[string]spec.Row{}
	for _, id := range ids {
		c := f.children[id]
		told[id] = c.Row
		c.Existing, c.lost, c.waiting, c.Phase = false, false, true, spec.PhaseStopped
		if carry, found := result.Closed[id]; found {
			c.input.Carry, c.Epoch = &carry, 0 // what ran under it is evicted before it starts again
		}
	}
	f.retryAt = time.Time{}
	for _, row := range result.Running {
		c := f.children[row.ID]
		if row.Kind != "" && (row.Kind == spec.KindGroup) != (c.kind == spec.WorkflowGroup) {
			f.replace(ctx, c)
			continue
		}
		f.adopt(ctx, c, row, told[row.ID])
	}
	for _, id := range result.Unreadable {
		c := f.children[id]
		c.Existing, c.lost, c.waiting = true, true, false
		c.Phase, c.Reason = spec.PhaseUnavailable, "its workflow does not answer: see its page in the Web UI"
		f.retryAt = workflow.Now(ctx).Add(unreadablePause)
	}
	return nil
}

// adopt takes a child that runs. Its host may have told of an attempt that began after what its workflow knows: to the run
// before, or to this one while the census was under way.
func (f *family) adopt(ctx workflow.Context, c *child, row, told spec.Row) {
	row.Epoch = max(row.Epoch, c.Epoch) // a child that starts does not know its own yet
	heard := c.heard
	if told.Phase.Ready() && told.Epoch > heard.Epoch && workflow.GetVersion(ctx, "ready-during-a-census", workflow.DefaultVersion, 1) >= 1 {
		heard = told
	}
	if heard.Phase.Ready() && !row.Phase.Ready() && heard.Epoch >= row.Since.UnixNano() {
		row.Phase, row.Worker = heard.Phase, heard.Worker
	}
	c.Row = row
	c.outdated = row.Program != c.input.Spec.Program.Digest()
	c.waiting = !row.Phase.Ready() || c.outdated
}

// replace ends the workflow that a child has from the time when its daemon had another scope. What is left of it is looked
// for until it has ended: then the child starts.
func (f *family) replace(ctx workflow.Context, c *child) {
	c.Existing, c.lost, c.waiting = true, true, false
	c.Phase, c.Reason = spec.PhaseStopping, "its scope has changed"
	f.signal(ctx, c, spec.SignalDismiss, nil)
	f.retryAt = workflow.Now(ctx).Add(endingPause)
}

// heal starts again what has closed.
func (f *family) heal(ctx workflow.Context) {
	if f.retryAt.After(workflow.Now(ctx)) {
		return
	}
	var lost []string
	f.each(func(c *child) {
		if c.lost {
			lost = append(lost, c.ID)
		}
	})
	if len(lost) == 0 {
		return
	}
	if err := f.census(ctx, lost, false); err != nil {
		workflow.GetLogger(ctx).Error("census of closed children", "error", err)
		return
	}
	if f.retryAt.IsZero() {
		f.touch()
	}
}

// ready says whether a child is ready as its row is now.
func (c *child) ready() bool { return c.Phase.Ready() && !c.outdated }

// clear lets a child start, and starts its workflow if there is none.
func (f *family) clear(ctx workflow.Context, c *child) {
	outdated := c.outdated
	c.waiting, c.held, c.outdated, c.BlockedOn = false, false, false, nil
	if !c.Existing {
		f.start(ctx, c, true)
		return
	}
	if !c.Phase.Ready() || outdated {
		c.Phase, c.Since = spec.PhaseStarting, workflow.Now(ctx)
	}
	f.signal(ctx, c, spec.SignalClear, spec.Clearance{Spec: c.input.Spec, HasDependents: c.input.HasDependents})
}

// signal reaches a child, also one that the server is still creating. Signals to one child arrive in the
// order of the calls: the server itself delivers them in any.
func (f *family) signal(ctx workflow.Context, c *child, name string, payload any) workflow.Future {
	return c.outbox.send(ctx, c.created, func(ctx workflow.Context) workflow.Future {
		return workflow.SignalExternalWorkflow(ctx, c.ID, "", name, payload)
	})
}

// quiet says that nothing is on its way to the server: a run that ended now would take it along.
func (f *family) quiet() bool {
	return !f.any(func(c *child) bool { return !c.outbox.idle() || !done(c.created) })
}

// start begins the child's workflow and follows it until it closes.
func (f *family) start(ctx workflow.Context, c *child, cleared bool) {
	c.Existing, c.Since = true, workflow.Now(ctx)
	c.Phase = spec.PhaseStarting
	input := c.input
	input.Cleared = cleared
	if !cleared {
		c.Phase = spec.PhaseBlocked
		input.BlockedOn = c.BlockedOn
	}
	created, settle := workflow.NewFuture(ctx)
	c.created = created
	workflow.Go(ctx, func(ctx workflow.Context) { f.follow(ctx, c, f.create(ctx, c, input, settle)) })
}

// create has the server make the child's workflow, and settles whether it has.
func (f *family) create(ctx workflow.Context, c *child, input spec.DaemonInput, settle workflow.Settable) workflow.Future {
	if err := f.creating.Acquire(ctx, 1); err != nil {
		settle.SetError(err)
		return nil
	}
	defer f.creating.Release(1)
	options := childOptions(c.ID, input.Spec, input.Node)
	future := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), c.kind, input)
	settle.Set(nil, future.GetChildWorkflowExecution().Get(ctx, nil))
	return future
}

// follow waits until a created child closes.
func (f *family) follow(ctx workflow.Context, c *child, closed workflow.Future) {
	defer f.touch()
	err := c.created.Get(ctx, nil)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		if workflow.Sleep(ctx, restartPause) == nil { // it may only just have closed: do not race the server
			c.lost = true
		}
		return
	}
	if err == nil {
		err = closed.Get(ctx, nil)
	}
	if ctx.Err() != nil || f.children[c.ID] != c {
		return
	}
	workflow.GetLogger(ctx).Warn("child closed", "child", c.ID, "error", err)
	if workflow.Sleep(ctx, restartPause) == nil {
		c.Existing, c.lost = false, true
	}
}

// closed takes word from outside that children have closed.
func (f *family) closed(notice spec.ClosedNotice) {
	for _, id := range notice.IDs {
		if c, found := f.children[id]; found && c.Existing {
			c.lost = true
		}
	}
}

func (f *family) onReady(ctx workflow.Context, list spec.ReadyList) {
	for _, ready := range list.Ready {
		c, found := f.children[ready.ID]
		if !found || ready.Epoch < c.Epoch || (ready.Epoch == c.Epoch && !ready.Vouched) {
			continue // of an attempt that has ended, or told twice
		}
		c.Row = spec.Row{ID: c.ID, Phase: spec.PhaseRunning, Epoch: ready.Epoch, Worker: ready.Worker, Since: workflow.Now(ctx), Existing: true}
		c.waiting = c.outdated
	}
}

func (f *family) onNotice(ctx workflow.Context, notice spec.Notice) {
	c, found := f.children[notice.ID]
	if !found || (notice.Epoch != 0 && notice.Epoch < c.Epoch) {
		return
	}
	c.Phase, c.Reason, c.Since, c.Existing = notice.Phase, notice.Reason, workflow.Now(ctx), true
	c.Desired = notice.Desired
	c.Epoch = max(c.Epoch, notice.Epoch)
	// The word of a down that is over may have reached it after its clearance: then it waits for another one.
	c.waiting = c.waiting || notice.FleetDown
}

func childOptions(id string, daemon spec.Daemon, node string) workflow.ChildWorkflowOptions {
	attributes := temporal.NewSearchAttributes(
		typeKey.ValueSet(string(daemon.Type)),
		categoryKey.ValueSet(string(daemon.Category)),
		criticalKey.ValueSet(daemon.Critical),
		nodeKey.ValueSet(node),
		phaseKey.ValueSet(string(spec.PhaseStarting)),
	)
	return workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		TaskQueue:             spec.QueueDaemons,
		WorkflowTaskTimeout:   taskTimeout,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		TypedSearchAttributes: attributes,
		StaticSummary:         summary(daemon, node),
		StaticDetails:         staticDetails(daemon),
	}
}
