// Package node is one worker process as the cluster sees it: the SDK workers that host daemons and run
// workflows, the guard, the reports, and the order in which they start and stop.
//
//	node.go    Node: start, with the take-over of a dead predecessor, and drain
//	queues.go  the SDK workers and their task queues; cached.go, which workflows they have in their cache; version.go, which of them are versioned
//	polls.go   what the polls of the SDK lose at a stop and after an outage
//
// It reads no environment and opens no connection: main, tests and benchmarks give it both.
package node

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/heal"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

// connectPause is between two tries to begin work while Temporal is not there.
const connectPause = time.Second

const (
	// reclaimDelay is between the end of a poll in an outage and the look for what it should have brought, and
	// reclaimShare what each further node of the fleet adds to the time in which all of them look.
	reclaimDelay = time.Second
	reclaimShare = 50 * time.Millisecond
)

// releaseLimit bounds the calls that give the workflows of a worker that drains to others.
const releaseLimit = 3 * time.Second

// Config is what a node is made of.
type Config struct {
	Temporal  client.Client
	Polls     *Polls // of the connection behind Temporal; nil is one that nobody gates
	Namespace string
	Node      spec.Node
	Host      *host.Host
	Outbox    *bus.Outbox
	// Version, if set, makes this a versioned worker: it works only while its version is the current one of its
	// deployment, or ramps up.
	Version worker.WorkerDeploymentVersion
	// Jobs run on this node's queue and end in the ledger; nil is a worker that takes no part in jobs.
	Jobs *activities.Jobs
	// Pipelines write what training loops decide; nil is a worker that takes no part in them.
	Pipelines *activities.Pipelines
	// RecordDir keeps a record of each running attempt; its lock is the caller's business.
	RecordDir string
	Logger    *slog.Logger
}

// Node is one worker process. Start it once, Drain it once.
type Node struct {
	config   Config
	records  *activities.Records
	reporter *activities.Reporter
	guard    *heal.Guard
	queues   *queues

	background sync.WaitGroup
	end        context.CancelFunc
	endGuard   context.CancelFunc
}

// New prepares a node; nothing polls yet.
func New(config Config) (*Node, error) {
	if config.Polls == nil {
		config.Polls = NewPolls()
	}
	records, err := activities.OpenRecords(config.RecordDir, config.Node.Identity, config.Logger)
	if err != nil {
		return nil, err
	}
	reporter := activities.NewReporter(config.Temporal, config.Logger)
	return &Node{
		config: config, records: records, reporter: reporter,
		guard: &heal.Guard{Client: config.Temporal, Namespace: config.Namespace, Node: config.Node, Nodes: reporter.Nodes, Logger: config.Logger},
	}, nil
}

// LastContact is when Temporal last answered this node, the zero time if never.
func (n *Node) LastContact() time.Time { return n.guard.LastContact() }

// Start reports what a dead predecessor was running as lost, and begins to poll. It waits for Temporal as
// long as ctx allows.
func (n *Node) Start(ctx context.Context) error {
	for told := false; ; told = true {
		err := n.begin(ctx)
		if err == nil {
			return nil
		}
		if !told {
			n.config.Logger.Warn("Temporal is not there yet: waiting for it (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE)", "error", err)
		}
		if !pause.For(ctx, connectPause) {
			return fmt.Errorf("start node %s: %w", n.config.Node.ID, err)
		}
	}
}

func (n *Node) begin(ctx context.Context) error {
	lost, err := n.records.TakeOver(ctx, n.config.Temporal, n.config.Namespace)
	if err != nil {
		return err
	}
	n.queues = newQueues(n.config, &activities.Daemons{
		Host: n.config.Host, Client: n.config.Temporal, Identity: n.config.Node.Identity,
		Reporter: n.reporter, Records: n.records, Logger: n.config.Logger,
	}, &activities.Support{Client: n.config.Temporal, Namespace: n.config.Namespace, Logger: n.config.Logger}, &activities.Publisher{Outbox: n.config.Outbox, Node: n.config.Node.ID})
	if err := n.queues.start(); err != nil {
		return err
	}
	n.config.Logger.Info("working", "node", n.config.Node.ID, "identity", n.config.Node.Identity, "taken_over", lost)
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	guarding, endGuard := context.WithCancel(alive)
	n.end, n.endGuard = end, endGuard
	n.background.Go(func() { n.reporter.Run(alive) })
	n.background.Go(func() { n.guard.Run(guarding) })
	n.background.Go(func() { n.records.Sweep(guarding, n.config.Temporal, n.config.Namespace) })
	n.background.Go(func() { n.reclaim(guarding) })
	return nil
}

// reclaim looks after each outage for what was on its way to this worker. The nodes of a fleet do not all look at once.
func (n *Node) reclaim(ctx context.Context) {
	for {
		select {
		case <-n.config.Polls.outages:
		case <-ctx.Done():
			return
		}
		rest := reclaimDelay + rand.N(time.Duration(n.reporter.Nodes())*reclaimShare)
		for pause.For(ctx, rest) {
			err := n.records.Reclaim(ctx, n.config.Temporal, n.config.Namespace, n.config.Node.ID)
			if err == nil {
				break
			}
			n.config.Logger.Warn("look for attempts that never arrived", "error", err)
		}
	}
}

// Drain hands every daemon over and returns when all SDK workers have stopped.
func (n *Node) Drain(ctx context.Context) {
	n.endGuard()
	n.release(ctx, n.queues.leave())
	n.queues.drain(ctx)
	n.end()
	n.background.Wait()
}

// release has the server offer workflows to every worker again.
func (n *Node) release(ctx context.Context, cached []string) {
	ctx, cancel := context.WithTimeout(ctx, releaseLimit)
	defer cancel()
	if err := activities.ReleaseSticky(ctx, n.config.Temporal, n.config.Namespace, cached); err != nil {
		n.config.Logger.Warn("workflows in this worker's cache will be offered to it first", "error", err)
	}
}
