package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// leftLimit bounds the wait for what a closed run knew.
const leftLimit = 10 * time.Second

// Pipelines are the training loops as workflows.
type Pipelines struct {
	temporal client.Client
}

var _ pipeline.Workflows = (*Pipelines)(nil)

// NewPipelines reaches training loops through a client of Temporal.
func NewPipelines(temporal client.Client) *Pipelines { return &Pipelines{temporal: temporal} }

// Tell implements pipeline.Workflows. A training loop that does not run begins with what its last run knew: who holds it
// still does, although that run was ended from outside.
func (p *Pipelines) Tell(ctx context.Context, configKey string, facts spec.PipelineFacts) error {
	id := spec.PipelineWorkflowID(configKey)
	err := p.temporal.SignalWorkflow(ctx, id, "", spec.SignalFacts, facts)
	if notFound(err) {
		err = p.start(ctx, configKey, facts)
	}
	if err != nil {
		return fmt.Errorf("tell %s: %w", id, err)
	}
	return nil
}

func (p *Pipelines) start(ctx context.Context, configKey string, facts spec.PipelineFacts) error {
	carry, err := p.left(ctx, configKey)
	if err != nil {
		return err
	}
	id, input := spec.PipelineWorkflowID(configKey), spec.PipelineInput{ConfigKey: configKey, Carry: carry}
	options := client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                spec.QueueDaemons,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "training loop of " + configKey,
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(spec.AttributeConfigKey).ValueSet(configKey),
		),
	}
	_, err = p.temporal.SignalWithStartWorkflow(ctx, id, spec.SignalFacts, facts, options, spec.WorkflowPipeline, input)
	return err
}

// left asks the run that has closed what it knew; nil if there was none. One that does not answer may have been held by
// somebody: then nothing is started.
func (p *Pipelines) left(ctx context.Context, configKey string) (*spec.PipelineCarry, error) {
	ctx, cancel := context.WithTimeout(ctx, leftLimit)
	defer cancel()
	var status spec.PipelineStatus
	value, err := p.temporal.QueryWorkflow(ctx, spec.PipelineWorkflowID(configKey), "", spec.QueryPipeline)
	if notFound(err) {
		return nil, nil
	}
	if err == nil {
		err = value.Get(&status)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", pipeline.ErrSilent, err)
	}
	return &status.PipelineCarry, nil
}

// Runs implements pipeline.Workflows.
func (p *Pipelines) Runs(ctx context.Context, configKey string) (bool, error) {
	id := spec.PipelineWorkflowID(configKey)
	described, err := p.temporal.DescribeWorkflowExecution(ctx, id, "")
	if notFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", id, err)
	}
	return described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// Status implements pipeline.Workflows.
func (p *Pipelines) Status(ctx context.Context, configKey string) (status spec.PipelineStatus, found bool, err error) {
	id := spec.PipelineWorkflowID(configKey)
	response, err := p.temporal.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: id, QueryType: spec.QueryPipeline, QueryRejectCondition: enumspb.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) || err == nil && response.QueryRejected != nil {
		return status, false, nil
	}
	if err != nil {
		return status, false, fmt.Errorf("ask %s: %w", id, err)
	}
	if err := response.QueryResult.Get(&status); err != nil {
		return status, false, fmt.Errorf("answer of %s: %w", id, err)
	}
	return status, true, nil
}

// Hold pauses or resumes a training loop: verb is spec.VerbPause or spec.VerbResume. What runs already may end.
func (p *Pipelines) Hold(ctx context.Context, configKey string, verb spec.Verb, command spec.Command) error {
	id := spec.PipelineWorkflowID(configKey)
	if err := p.temporal.SignalWorkflow(ctx, id, "", string(verb), command); err != nil {
		if notFound(err) {
			return &RefusedError{Act: string(verb) + " the training loop of " + configKey, Reason: "it does not run: `starter loop` lists those that do"}
		}
		return fmt.Errorf("%s %s: %w", verb, id, err)
	}
	return nil
}
