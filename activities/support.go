package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Support answers the workflows' questions about other workflows.
type Support struct {
	Client    client.Client
	Namespace string
	Logger    *slog.Logger
}

// unreadable is the failure of one workflow to tell its state. It must not hide the others.
type unreadable struct{ err error }

func (u *unreadable) Error() string { return u.err.Error() }

// censusLimit is how many workflows are looked at in parallel.
const censusLimit = 16

// queryLimit bounds the wait for one workflow's answer.
const queryLimit = 3 * time.Second

// Locate names the attempt of a daemon that runs right now, and its worker.
func (s *Support) Locate(ctx context.Context, in spec.LocateInput) (spec.LocateResult, error) {
	pending, err := pendingActivities(ctx, s.Client, in.ID, "")
	if err != nil {
		return spec.LocateResult{}, fmt.Errorf("describe %s: %w", in.ID, err)
	}
	if running := runningAttempt(pending); running != nil {
		return spec.LocateResult{Worker: running.GetLastWorkerIdentity(), Epoch: running.GetLastStartedTime().AsTime().UnixNano()}, nil
	}
	return spec.LocateResult{}, nil
}

// Census finds which children run, and reads what is left of those that are closed.
func (s *Support) Census(ctx context.Context, in spec.CensusInput) (spec.CensusResult, error) {
	result := spec.CensusResult{Closed: map[string]spec.Carry{}}
	if in.First {
		if none, err := s.none(ctx); err != nil || none {
			return result, err
		}
	}
	var mutex sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(censusLimit)
	for _, id := range in.IDs {
		group.Go(func() error {
			row, carry, err := s.look(ctx, id)
			mutex.Lock()
			defer mutex.Unlock()
			var silent *unreadable
			switch {
			case errors.As(err, &silent):
				s.Logger.Warn("child does not answer", "workflow", id, "error", err)
				result.Unreadable = append(result.Unreadable, id)
			case err != nil:
				return err
			case row != nil:
				result.Running = append(result.Running, *row)
			case carry != nil:
				result.Closed[id] = *carry
			}
			return nil
		})
	}
	return result, group.Wait()
}

// none says that the namespace has never had a daemon, as at the first `up`. The count lags a little; a
// child that it has missed is found when it is started.
func (s *Support) none(ctx context.Context) (bool, error) {
	counted, err := s.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: s.Namespace, Query: fmt.Sprintf("WorkflowType IN ('%s', '%s')", spec.WorkflowDaemon, spec.WorkflowGroup),
	})
	if err != nil {
		return false, fmt.Errorf("count the daemons' workflows: %w", err)
	}
	return counted.GetCount() == 0, nil
}

// look returns a row for a workflow that runs, a carry for one that is closed, and nothing for one that
// never was.
func (s *Support) look(ctx context.Context, id string) (*spec.Row, *spec.Carry, error) {
	described, err := s.Client.DescribeWorkflowExecution(ctx, id, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("describe %s: %w", id, err)
	}
	if described.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		var carry spec.Carry
		return nil, &carry, s.query(ctx, id, spec.QueryCarry, &carry)
	}
	var info spec.Info
	if err := s.query(ctx, id, spec.QueryInfo, &info); err != nil {
		return nil, nil, err
	}
	return &spec.Row{
		ID: id, Phase: info.Phase, Epoch: info.Epoch, Worker: info.Worker, Since: info.Since,
		Reason: info.Reason, BlockedOn: info.BlockedOn, Desired: info.Desired, Existing: true, Kind: info.Kind, Program: info.Program,
	}, nil, nil
}

func (s *Support) query(ctx context.Context, id, name string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	value, err := s.Client.QueryWorkflow(ctx, id, "", name)
	if err == nil {
		err = value.Get(into)
	}
	if err != nil {
		return &unreadable{fmt.Errorf("query %s of %s: %w", name, id, err)}
	}
	return nil
}
