package activities

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
	"golang.org/x/time/rate"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// batchWindow gathers the daemons that become ready together into one signal.
	batchWindow = 10 * time.Millisecond
	// A fleet's own reports are spread, so that they do not slow down its start: the parents know already.
	// The nodes of a fleet share the rate.
	reportBurst      = 20
	reportsPerSecond = 10
	// signalLimit bounds one signal and its retries.
	signalLimit = 10 * time.Second
	// maxReports bounds the queue of reports. Past it a sender waits.
	maxReports = 4096
)

// Reporter sends what hosts have to say to workflows. Signals that cannot be delivered are tried again
// until the workflow is found to be gone.
type Reporter struct {
	client client.Client
	logger *slog.Logger
	pace   *rate.Limiter
	nodes  atomic.Int64
	queue  chan subject

	mutex   sync.Mutex
	batches map[string][]spec.ReadyNotice
	queued  map[subject]delivery // what has not been sent: only the newest word on a subject is of use
}

// subject is what a queued report is about.
type subject struct {
	workflow string
	kind     spec.ReportKind
}

// delivery is one signal on its way.
type delivery struct {
	workflow workflow.Execution
	signal   string
	payload  any
}

// NewReporter makes a reporter; Run must be called once.
func NewReporter(client client.Client, logger *slog.Logger) *Reporter {
	return &Reporter{
		client: client, logger: logger, pace: rate.NewLimiter(reportsPerSecond, reportBurst),
		queue: make(chan subject, maxReports), batches: map[string][]spec.ReadyNotice{}, queued: map[subject]delivery{},
	}
}

// Run sends reports until ctx is done.
func (r *Reporter) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case next := <-r.queue:
			if r.pace.Wait(ctx) != nil {
				return
			}
			go r.insist(ctx, r.take(next))
		}
	}
}

func (r *Reporter) take(next subject) delivery {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	taken := r.queued[next]
	delete(r.queued, next)
	return taken
}

// Nodes is how many nodes the fleet has, as far as this one has been told; at least one.
func (r *Reporter) Nodes() int { return max(1, int(r.nodes.Load())) }

// share takes this worker's part of the rate. Zero nodes is no news.
func (r *Reporter) share(nodes int) {
	if nodes == 0 || r.nodes.Swap(int64(nodes)) == int64(nodes) {
		return
	}
	r.pace.SetLimit(reportsPerSecond / rate.Limit(nodes))
	r.pace.SetBurst(max(1, reportBurst/nodes))
}

// ready adds a daemon to its parent's next batch.
func (r *Reporter) ready(parent string, notice spec.ReadyNotice) {
	if parent == "" {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.batches[parent] = append(r.batches[parent], notice)
	if len(r.batches[parent]) == 1 {
		time.AfterFunc(batchWindow, func() { r.flush(parent) })
	}
}

func (r *Reporter) flush(parent string) {
	r.mutex.Lock()
	batch := r.batches[parent]
	delete(r.batches, parent)
	r.mutex.Unlock()
	r.insist(context.Background(), delivery{workflow.Execution{ID: parent}, spec.SignalReady, spec.ReadyList{Ready: batch}})
}

// report queues a report to a daemon's own workflow, in the place of an older one that has not been sent.
func (r *Reporter) report(to workflow.Execution, report spec.Report) {
	about := subject{to.ID, report.Kind}
	r.mutex.Lock()
	_, waits := r.queued[about]
	r.queued[about] = delivery{to, spec.SignalReport, report}
	r.mutex.Unlock()
	if !waits {
		r.queue <- about
	}
}

// reportNow sends a report before it returns, or gives up after the limit: the attempt must end.
func (r *Reporter) reportNow(to workflow.Execution, report spec.Report) {
	if err := r.send(context.Background(), delivery{to, spec.SignalReport, report}); err != nil {
		r.logger.Warn("report not delivered", "workflow", to.ID, "kind", report.Kind, "error", err)
	}
}

func (r *Reporter) insist(ctx context.Context, next delivery) {
	for {
		err := r.send(ctx, next)
		if err == nil {
			return
		}
		if gone(err) || ctx.Err() != nil {
			r.logger.Warn("signal not delivered", "workflow", next.workflow.ID, "signal", next.signal, "error", err)
			return
		}
		pause.For(ctx, beatRetry)
	}
}

// send addresses the workflow id, not the run: a daemon's next run wants to know as well.
func (r *Reporter) send(ctx context.Context, next delivery) error {
	ctx, cancel := context.WithTimeout(ctx, signalLimit)
	defer cancel()
	return r.client.SignalWorkflow(ctx, next.workflow.ID, "", next.signal, next.payload)
}
