package jobscheduler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/daemons/queue/jobscheduler"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

const patience = 20 * time.Second

var server testkit.SharedServer

// bundle is a scheduler with a real ledger, bus and Temporal server. Its jobs are workflows that wait for the signal
// to end and return it.
type bundle struct {
	t         *testing.T
	space     string
	ledger    *ledger.Ledger
	operator  *ledger.Session
	temporal  client.Client
	client    *bus.Client
	scheduler scheduler
	ahead     time.Duration // of the scheduler's clock, between its rounds
}

func setup(t *testing.T, opened *ledger.Ledger) *bundle {
	t.Helper()
	space, connection := server.Namespace(t)
	w := worker.New(connection, spec.QueueDaemons, worker.Options{WorkerStopTimeout: time.Second})
	w.RegisterWorkflowWithOptions(waitForSignal, workflow.RegisterOptions{Name: spec.WorkflowJob})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	b := &bundle{t: t, space: space, ledger: opened, operator: opened.Session("operator", 0), temporal: connection, client: bustest.Start(t)}
	b.restart(1)
	return b
}

func waitForSignal(ctx workflow.Context, _ spec.JobGrant) (string, error) {
	selector := workflow.NewSelector(ctx)
	ended := ""
	for _, signal := range []string{spec.SignalCancelJob, spec.SignalPreemptJob} {
		selector.AddReceive(workflow.GetSignalChannel(ctx, signal), func(channel workflow.ReceiveChannel, _ bool) {
			channel.Receive(ctx, nil)
			ended = signal
		})
	}
	selector.Select(ctx)
	return ended, nil
}

// scheduler is what the tests see of one.
type scheduler interface {
	host.Ticker
	host.Checker
}

// restart replaces the scheduler by a newer copy, which remembers nothing.
func (b *bundle) restart(epoch int64) {
	b.t.Helper()
	b.scheduler = newScheduler(b.t, jobscheduler.Config{Lease: 30 * time.Second}, epoch, b.ledger, b.client, b.temporal, func() time.Time { return time.Now().Add(b.ahead) })
}

func newScheduler(t *testing.T, config jobscheduler.Config, epoch int64, opened *ledger.Ledger, events *bus.Client, temporal client.Client, now func() time.Time) scheduler {
	t.Helper()
	runner, err := jobscheduler.Declare(config).New(host.Runtime{
		Node: "n1", Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: now,
		Bus: events.Session(jobscheduler.Type, "", epoch), Jobs: control.NewJobs(temporal),
		Ledger: func(context.Context) (*ledger.Session, error) {
			return opened.Session(string(jobscheduler.Type), epoch), nil
		},
	})
	require.NoError(t, err)
	return runner.(scheduler)
}

// tick runs one round, as soon as the scheduler has rested from the one before.
func (b *bundle) tick() {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		err := b.scheduler.Tick(b.t.Context())
		if err != nil {
			require.IsType(b.t, host.Later(0), err, "%v", err)
		}
		return err == nil
	}, patience, 5*time.Millisecond, "a round")
}

// node records a healthy node with so many cores.
func (b *bundle) node(id string, cores float64) {
	b.t.Helper()
	const gib = 1 << 30
	space := nodes.Space{Total: 64 * gib, Free: 32 * gib}
	capacity, err := json.Marshal(nodes.Capacity{
		CPUs: nodes.Measured[float64]{Value: &cores}, Memory: nodes.Measured[nodes.Space]{Value: &space}, Disk: nodes.Measured[nodes.Space]{Value: &space},
	})
	require.NoError(b.t, err)
	require.NoError(b.t, b.operator.NodeSeen(b.t.Context(), ledger.NodeReport{ID: id, Capacity: capacity}))
	require.NoError(b.t, b.operator.SetHealth(b.t.Context(), id, ledger.NodeHealthy, ""))
}

func (b *bundle) submit(name string, count int, changes ...func(*ledger.JobSpec)) []ledger.Job {
	b.t.Helper()
	var all []ledger.Job
	for i := range count {
		one := ledger.JobSpec{
			IdempotencyKey: fmt.Sprintf("%s/%d", name, i), Kind: "selfplay", ConfigKey: "sq5_2p", Class: ledger.Normal,
			Resources: ledger.Resources{CPU: 1},
		}
		for _, change := range changes {
			change(&one)
		}
		submitted, err := b.operator.SubmitJob(b.t.Context(), one)
		require.NoError(b.t, err)
		all = append(all, submitted.Job)
	}
	return all
}

func (b *bundle) job(id string) ledger.Job {
	b.t.Helper()
	job, err := b.ledger.Job(b.t.Context(), id)
	require.NoError(b.t, err)
	return job
}

// count is how many of the jobs have a status.
func (b *bundle) count(jobs []ledger.Job, status ledger.Status) (count int) {
	b.t.Helper()
	for _, job := range jobs {
		if b.job(job.ID).Status == status {
			count++
		}
	}
	return count
}

// open says whether the workflow of a job's present grant is open.
func (b *bundle) open(job ledger.Job) bool {
	b.t.Helper()
	look, err := control.NewJobs(b.temporal).Look(b.t.Context(), job.ID)
	require.NoError(b.t, err)
	return look.Open && look.Token == job.Token
}

// ended waits until the workflow of a job is over, and returns the signal that ended it.
func (b *bundle) ended(job ledger.Job) (signal string) {
	b.t.Helper()
	require.NoError(b.t, b.temporal.GetWorkflow(b.t.Context(), spec.JobWorkflowID(job.ID), "").Get(b.t.Context(), &signal))
	return signal
}

// lapse waits until a lease of a moment is over by the ledger's clock.
func (b *bundle) lapse(job ledger.Job) {
	b.t.Helper()
	_, err := b.operator.RenewJob(b.t.Context(), job.Lease(), time.Millisecond)
	require.NoError(b.t, err)
	until := b.job(job.ID).LeaseUntil
	require.Eventually(b.t, func() bool {
		now, err := b.ledger.Now(b.t.Context())
		return err == nil && now.After(until)
	}, patience, time.Millisecond, "the lease lapses")
}
