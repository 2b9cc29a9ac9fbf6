package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// keptWorkers is how many dead predecessors are remembered.
	keptWorkers = 20
	// workersFile lists the identities of the workers of this folder, one a line, latest last.
	workersFile = "workers"
)

// sweepPauses are the waits before the looks for attempts that a predecessor had been handed and never
// began: it died before it could write a record.
func sweepPauses() []time.Duration { return []time.Duration{0, time.Second, 3 * time.Second} }

// succeed notes this worker and learns who was here before.
func (r *Records) succeed(identity string) error {
	path := filepath.Join(r.dir, workersFile)
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read the workers before this one: %w", err)
	}
	r.dead = strings.Fields(string(content))
	if excess := len(r.dead) - keptWorkers; excess > 0 {
		r.dead = r.dead[excess:]
	}
	all := strings.Join(append(slices.Clone(r.dead), identity), "\n") + "\n"
	if err := replaceFile(path, []byte(all)); err != nil {
		return fmt.Errorf("note this worker: %w", err)
	}
	return nil
}

// Sweep frees the attempts that the server believes to run on a dead predecessor, although no record was
// left of them. It looks a few times, since the server may still hand tasks to a dead connection.
func (r *Records) Sweep(ctx context.Context, client client.Client, namespace string) {
	if len(r.dead) == 0 {
		return
	}
	for _, rest := range sweepPauses() {
		if !pause.For(ctx, rest) {
			return
		}
		if err := r.sweepOnce(ctx, client, namespace); err != nil && ctx.Err() == nil {
			r.logger.Warn("look for attempts of a dead worker", "error", err)
		}
	}
}

func (r *Records) sweepOnce(ctx context.Context, client client.Client, namespace string) error {
	return eachRunning(ctx, client, namespace, []string{spec.WorkflowDaemon, spec.WorkflowJob}, func(ctx context.Context, execution *workflowpb.WorkflowExecutionInfo) error {
		return r.free(ctx, client, namespace, execution)
	})
}

// ReleaseSticky makes the server offer the tasks of some workflows to every worker again. A worker that has drained
// calls it last, for those that it had in its cache: their tasks would wait for it first. Those in another worker's
// cache stay there, or it would have to replay them all when it drains in its turn.
func ReleaseSticky(ctx context.Context, client client.Client, namespace string, ids []string) error {
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(censusLimit)
	for _, id := range ids {
		group.Go(func() error { return resetSticky(limited, client, namespace, id) })
	}
	return group.Wait()
}

// eachRunning visits the running workflows of some types, several at a time.
func eachRunning(ctx context.Context, client client.Client, namespace string, types []string, visit func(context.Context, *workflowpb.WorkflowExecutionInfo) error) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: namespace, Query: fmt.Sprintf("WorkflowType IN ('%s') AND ExecutionStatus = 'Running'", strings.Join(types, "', '")),
	}
	for {
		listed, err := client.ListWorkflow(ctx, request)
		if err != nil {
			return fmt.Errorf("list workflows: %w", err)
		}
		group, limited := errgroup.WithContext(ctx)
		group.SetLimit(censusLimit)
		for _, execution := range listed.GetExecutions() {
			group.Go(func() error { return visit(limited, execution) })
		}
		if err := group.Wait(); err != nil || len(listed.GetNextPageToken()) == 0 {
			return err
		}
		request.NextPageToken = listed.GetNextPageToken()
	}
}

// free ends the attempt of one daemon or job if a dead worker holds it. Workers never share an identity, so an
// attempt that this one or another node runs is never hit. Of a job no process is left: they are swept before.
func (r *Records) free(ctx context.Context, client client.Client, namespace string, execution *workflowpb.WorkflowExecutionInfo) error {
	id, run := execution.GetExecution().GetWorkflowId(), execution.GetExecution().GetRunId()
	pending, err := pendingActivities(ctx, client, id, run)
	if err != nil {
		return ignoreGone(err)
	}
	held := runningAttempt(pending)
	if held == nil || !slices.Contains(r.dead, held.GetLastWorkerIdentity()) {
		return nil
	}
	if err := resetSticky(ctx, client, namespace, id); err != nil {
		return err
	}
	r.logger.Info("freeing an attempt of a dead worker", "workflow", id, "worker", held.GetLastWorkerIdentity())
	result, failure := lostResult(held)
	return ignoreGone(client.CompleteActivityByID(ctx, namespace, id, run, held.GetActivityId(), result, failure))
}

// lostResult ends an attempt in its worker's place: a daemon's goes on at once, and a job's workflow is told how far
// it was.
func lostResult(held *workflowpb.PendingActivityInfo) (result any, failure error) {
	if held.GetActivityType().GetName() == spec.ActivityRunDaemon {
		return lostRun(), nil
	}
	lost := "its worker " + held.GetLastWorkerIdentity() + " died"
	var progress json.RawMessage
	if held.GetHeartbeatDetails() == nil || converter.GetDefaultDataConverter().FromPayloads(held.GetHeartbeatDetails(), &progress) != nil {
		return nil, temporal.NewApplicationError(lost, string(spec.CauseWorkerLost))
	}
	return nil, temporal.NewApplicationError(lost, string(spec.CauseWorkerLost), progress)
}

// lostRun has a daemon's workflow go on at once, at nobody's cost.
func lostRun() spec.RunResult {
	return spec.RunResult{Outcome: spec.OutcomeRenew, Cause: spec.CauseWorkerLost}
}

func ignoreGone(err error) error {
	if gone(err) {
		return nil
	}
	return err
}
