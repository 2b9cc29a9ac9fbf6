package node

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/workflows"
)

const (
	// daemonSlots is far above the daemons one worker is planned to host: a daemon holds its slot for ever.
	daemonSlots = 5000
	// daemonStop is more than the longest stop that a row may ask for. The SDK waits until the last daemon has ended, and each
	// is abandoned when its own time is over.
	daemonStop = 25 * time.Hour
	// shortStop bounds the other activities.
	shortStop = 5 * time.Second
	// stickyTimeout is how long a workflow task waits for a worker that may be dead and has the workflow in
	// its cache.
	stickyTimeout = 500 * time.Millisecond
)

// queues are the SDK workers of a node. They are apart because they stop in order: first the workflows are left
// to others, then the daemons are handed over to where those place them, and what serves them stops last.
type queues struct {
	daemons   []worker.Worker // the cluster's and this node's
	control   worker.Worker
	support   worker.Worker
	workflows worker.Worker
	cached    *cached
	polls     *Polls
}

func newQueues(config Config, daemons *activities.Daemons, support *activities.Support, publisher *activities.Publisher) *queues {
	c, cached, unversioned := config.Temporal, newCached(), worker.DeploymentOptions{}
	q := &queues{
		daemons: []worker.Worker{
			daemonWorker(c, spec.QueueDaemons, daemons, versioning(config.Version)),
			daemonWorker(c, spec.NodeQueue(config.Node.ID), daemons, unversioned),
		},
		control: shortWorker(c, spec.ControlQueue(config.Node.Identity)),
		support: shortWorker(c, spec.QueueSupport),
		workflows: worker.New(c, spec.QueueDaemons, worker.Options{
			LocalActivityWorkerOnly: true, DisableRegistrationAliasing: true, StickyScheduleToStartTimeout: stickyTimeout,
			WorkerStopTimeout: shortStop, Interceptors: append(workflows.Interceptors(), cached), DeploymentOptions: versioning(config.Version),
		}),
		cached: cached, polls: config.Polls,
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

// leave takes no more workflow tasks, and returns the workflows in the cache: the server offers them here first.
func (q *queues) leave() (cached []string) {
	q.polls.close()
	return q.cached.IDs()
}

// drain ends the daemons with a hand-over each, for other workers to place, and stops the rest.
func (q *queues) drain(ctx context.Context) {
	stopAll(q.daemons...)
	q.polls.absorb(ctx)
	stopAll(q.control, q.support, q.workflows)
}

func stopAll(workers ...worker.Worker) {
	var group sync.WaitGroup
	for _, w := range workers {
		group.Go(w.Stop)
	}
	group.Wait()
}
