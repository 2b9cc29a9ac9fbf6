package node

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/workflows"
)

const (
	// daemonSlots is far above the daemons one worker is planned to host: a daemon holds its slot for ever.
	daemonSlots = 5000
	// daemonStop is more than the longest stop of a daemon.
	daemonStop = 45 * time.Second
	// shortStop bounds the other activities.
	shortStop = 5 * time.Second
	// stickyTimeout is how long a workflow task waits for a worker that may be dead and has the workflow in
	// its cache.
	stickyTimeout = 500 * time.Millisecond
	// quiet is how long no workflow may have moved before the workflows stop; quietLimit bounds the wait.
	quiet      = 300 * time.Millisecond
	quietLimit = 2 * time.Second
)

// queues are the SDK workers of a node. They are apart because they stop in order: daemons first,
// so that their hand-overs are still scheduled, workflows last.
type queues struct {
	daemons   []worker.Worker // the cluster's and this node's
	control   worker.Worker
	support   worker.Worker
	workflows worker.Worker
	tasks     *taskClock
	cached    *cached
}

func newQueues(config Config, daemons *activities.Daemons, support *activities.Support, publisher *activities.Publisher) *queues {
	c, tasks, cached, unversioned := config.Temporal, &taskClock{}, newCached(), worker.DeploymentOptions{}
	q := &queues{
		daemons: []worker.Worker{
			daemonWorker(c, spec.QueueDaemons, daemons, versioning(config.Version)),
			daemonWorker(c, spec.NodeQueue(config.Node.ID), daemons, unversioned),
		},
		control: shortWorker(c, spec.ControlQueue(config.Node.Identity)),
		support: shortWorker(c, spec.QueueSupport),
		workflows: worker.New(c, spec.QueueDaemons, worker.Options{
			LocalActivityWorkerOnly: true, DisableRegistrationAliasing: true, StickyScheduleToStartTimeout: stickyTimeout,
			Interceptors: append(workflows.Interceptors(), tasks, cached), DeploymentOptions: versioning(config.Version),
		}),
		tasks: tasks, cached: cached,
	}
	control := &activities.Control{Host: config.Host}
	register(q.control, spec.ActivityStopDaemon, control.StopDaemon)
	register(q.control, spec.ActivityStopMany, control.StopMany)
	register(q.support, spec.ActivityLocate, support.Locate)
	register(q.support, spec.ActivityCensus, support.Census)
	workflows.Register(q.workflows)
	register(q.workflows, spec.ActivityPublish, publisher.Publish)
	if jobs := config.Jobs; jobs != nil {
		register(q.daemons[1], spec.ActivityRunJob, jobs.RunJob)
		register(q.workflows, spec.ActivityStartJob, jobs.StartJob)
		register(q.workflows, spec.ActivityFinishJob, jobs.FinishJob)
	}
	if pipelines := config.Pipelines; pipelines != nil {
		register(q.workflows, spec.ActivityActPipeline, pipelines.ActPipeline)
	}
	return q
}

func daemonWorker(c client.Client, queue string, daemons *activities.Daemons, deployment worker.DeploymentOptions) worker.Worker {
	w := worker.New(c, queue, worker.Options{
		DisableWorkflowWorker: true, DisableRegistrationAliasing: true,
		MaxConcurrentActivityExecutionSize: daemonSlots, WorkerStopTimeout: daemonStop, DeploymentOptions: deployment,
	})
	register(w, spec.ActivityRunDaemon, daemons.RunDaemon)
	return w
}

func shortWorker(c client.Client, queue string) worker.Worker {
	return worker.New(c, queue, worker.Options{
		DisableWorkflowWorker: true, DisableRegistrationAliasing: true, WorkerStopTimeout: shortStop,
	})
}

func register(registry worker.ActivityRegistry, name string, function any) {
	registry.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
}

// start begins to poll; what has begun is stopped again if one of them cannot.
func (q *queues) start() error {
	var started []worker.Worker
	for _, w := range append([]worker.Worker{q.workflows, q.support, q.control}, q.daemons...) {
		if err := w.Start(); err != nil {
			for _, running := range started {
				running.Stop()
			}
			return err
		}
		started = append(started, w)
	}
	return nil
}

// drain ends the daemons with a hand-over each, waits until their workflows have placed them again, and
// stops the rest. It returns the workflows that were in the cache until then.
func (q *queues) drain(ctx context.Context) (cached []string) {
	stopAll(q.daemons...)
	q.tasks.awaitQuiet(ctx)
	cached = q.cached.IDs()
	stopAll(q.control, q.support, q.workflows)
	return cached
}

func stopAll(workers ...worker.Worker) {
	var group sync.WaitGroup
	for _, w := range workers {
		group.Go(w.Stop)
	}
	group.Wait()
}

// taskClock remembers when a workflow of this process last did something: every task that moves a daemon
// schedules an activity or publishes a transition.
type taskClock struct {
	interceptor.WorkerInterceptorBase
	last atomic.Int64
}

// InterceptWorkflow watches what the workflow does and leaves it alone.
func (t *taskClock) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &clockedInbound{clock: t}
	inbound.Next = next
	return inbound
}

type clockedInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	clock *taskClock
}

// Init puts the clock behind the workflow's calls.
func (c *clockedInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	clocked := &clockedOutbound{clock: c.clock}
	clocked.Next = outbound
	return c.Next.Init(clocked)
}

type clockedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	clock *taskClock
}

// ExecuteActivity notes the time.
func (c *clockedOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	c.clock.tick()
	return c.Next.ExecuteActivity(ctx, name, args...)
}

// ExecuteLocalActivity notes the time.
func (c *clockedOutbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	c.clock.tick()
	return c.Next.ExecuteLocalActivity(ctx, name, args...)
}

func (t *taskClock) tick() { t.last.Store(time.Now().UnixNano()) }

func (t *taskClock) awaitQuiet(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, quietLimit)
	defer cancel()
	t.tick()
	for {
		rest := quiet - time.Since(time.Unix(0, t.last.Load()))
		if rest <= 0 {
			return
		}
		if !pause.For(ctx, rest) {
			return
		}
	}
}
