package control

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/spec"
)

// tokenMemo is the memo of a job's workflow that has its grant's token.
const tokenMemo = "token"

// Jobs are the granted jobs as workflows.
type Jobs struct {
	temporal client.Client
	eager    bool
}

var _ jobs.Workflows = (*Jobs)(nil)

// NewJobs reaches jobs through a client of Temporal.
func NewJobs(temporal client.Client) *Jobs { return &Jobs{temporal: temporal} }

// StartingHere lets the first task of each granted job come along with the answer to its start, if this process takes
// such tasks. It is not for a versioned worker: nobody asks then whether its version is the current one.
func (j *Jobs) StartingHere() *Jobs { return &Jobs{j.temporal, true} }

// Grant implements jobs.Workflows.
func (j *Jobs) Grant(ctx context.Context, grant spec.JobGrant) (bool, error) {
	_, err := j.temporal.ExecuteWorkflow(ctx, j.grantOptions(grant), spec.WorkflowJob, grant)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		look, err := j.Look(ctx, grant.JobID)
		return look.Open && look.Token == grant.Token, err
	}
	if err != nil {
		return false, fmt.Errorf("start %s: %w", spec.JobWorkflowID(grant.JobID), err)
	}
	return true, nil
}

func (j *Jobs) grantOptions(grant spec.JobGrant) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       spec.JobWorkflowID(grant.JobID),
		TaskQueue:                spec.QueueDaemons,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		EnableEagerStart:         j.eager,
		// Without it an older run would be taken for the grant's.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo:                                     map[string]any{tokenMemo: grant.Token},
		StaticSummary:                            fmt.Sprintf("%s %s on node %s", grant.Kind, grant.ConfigKey, grant.Node),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(spec.AttributeJobKind).ValueSet(grant.Kind),
			temporal.NewSearchAttributeKeyKeyword(spec.AttributeConfigKey).ValueSet(grant.ConfigKey),
			temporal.NewSearchAttributeKeyKeyword(spec.AttributeNode).ValueSet(grant.Node),
		),
	}
}

// Stop implements jobs.Workflows.
func (j *Jobs) Stop(ctx context.Context, jobID, signal string, stop spec.JobStop) error {
	id := spec.JobWorkflowID(jobID)
	err := j.temporal.SignalWorkflow(ctx, id, "", signal, stop)
	var missing *serviceerror.NotFound
	if err != nil && !errors.As(err, &missing) {
		return fmt.Errorf("signal %s to %s: %w", signal, id, err)
	}
	return nil
}

// Look implements jobs.Workflows.
func (j *Jobs) Look(ctx context.Context, jobID string) (jobs.Look, error) {
	id := spec.JobWorkflowID(jobID)
	described, err := j.temporal.DescribeWorkflowExecution(ctx, id, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return jobs.Look{}, nil
	}
	if err != nil {
		return jobs.Look{}, fmt.Errorf("describe %s: %w", id, err)
	}
	return lookOf(described)
}

func lookOf(described *workflowservice.DescribeWorkflowExecutionResponse) (jobs.Look, error) {
	info := described.GetWorkflowExecutionInfo()
	look := jobs.Look{Open: info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	decode := converter.GetDefaultDataConverter()
	if token, found := info.GetMemo().GetFields()[tokenMemo]; found {
		if err := decode.FromPayload(token, &look.Token); err != nil {
			return look, fmt.Errorf("memo of %s: %w", info.GetExecution().GetWorkflowId(), err)
		}
	}
	for _, pending := range described.GetPendingActivities() {
		if pending.GetActivityType().GetName() != spec.ActivityRunJob {
			continue
		}
		if pending.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED {
			look.Worker = pending.GetLastWorkerIdentity()
		}
		if details := pending.GetHeartbeatDetails(); details != nil {
			if err := decode.FromPayloads(details, &look.Progress); err != nil {
				return look, fmt.Errorf("heartbeat of %s: %w", info.GetExecution().GetWorkflowId(), err)
			}
		}
	}
	return look, nil
}
