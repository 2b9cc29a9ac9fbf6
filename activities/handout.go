package activities

import (
	"context"
	"sync"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

// handoutTime is more than what an attempt takes from the server to RunDaemon.
const handoutTime = 1500 * time.Millisecond

// begun remembers the newest attempt of each daemon that has reached this process.
type begun struct {
	mutex  sync.Mutex
	epochs map[string]int64
}

func (b *begun) note(id string, epoch int64) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.epochs == nil {
		b.epochs = map[string]int64{}
	}
	b.epochs[id] = max(b.epochs[id], epoch)
}

func (b *begun) has(id string, epoch int64) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.epochs[id] >= epoch
}

// handout is an attempt that the server has given to this worker.
type handout struct {
	run, activity string
	epoch         int64
}

// Reclaim frees the attempts of daemons that the server believes to run here, although they never arrived: an
// outage has swallowed the answer that brought them. Without it they would be missed at the heartbeat timeout.
func (r *Records) Reclaim(ctx context.Context, client client.Client, namespace, node string) error {
	first, err := r.missing(ctx, client, namespace, node)
	if err != nil || len(first) == 0 || !pause.For(ctx, handoutTime) {
		return err
	}
	still, err := r.missing(ctx, client, namespace, node)
	if err != nil {
		return err
	}
	for id, lost := range still {
		if first[id] != lost {
			continue
		}
		r.logger.Info("freeing an attempt that never arrived", "workflow", id, "epoch", lost.epoch)
		if err := ignoreGone(client.CompleteActivityByID(ctx, namespace, id, lost.run, lost.activity, lostRun(), nil)); err != nil {
			return err
		}
	}
	return nil
}

// missing are the attempts that this worker has been given and knows nothing of.
func (r *Records) missing(ctx context.Context, client client.Client, namespace, node string) (map[string]handout, error) {
	var mutex sync.Mutex
	found := map[string]handout{}
	err := eachRunning(ctx, client, namespace, []string{spec.WorkflowDaemon}, func(ctx context.Context, execution *workflowpb.WorkflowExecutionInfo) error {
		id, run := execution.GetExecution().GetWorkflowId(), execution.GetExecution().GetRunId()
		if _, of, is := spec.ParseWorkflowID(id); !is || of != "" && of != node {
			return nil // another node's, or none of ours
		}
		pending, err := pendingActivities(ctx, client, id, run)
		if err != nil {
			return ignoreGone(err)
		}
		held := runningAttempt(pending)
		if held == nil || held.GetLastWorkerIdentity() != r.identity {
			return nil
		}
		epoch := held.GetLastStartedTime().AsTime().UnixNano()
		if r.begun.has(id, epoch) {
			return nil
		}
		mutex.Lock()
		defer mutex.Unlock()
		found[id] = handout{run: run, activity: held.GetActivityId(), epoch: epoch}
		return nil
	})
	return found, err
}
