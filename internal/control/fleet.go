package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Up starts the supervisor unless it runs and makes the fleet what the request says. It returns once
// the plan is taken; WaitReady waits for the daemons.
func (c *Client) Up(ctx context.Context, request spec.UpRequest) (spec.FleetStatus, error) {
	var status spec.FleetStatus
	if request.Actor == "" {
		request.Actor = c.options.Actor
	}
	if err := c.call(ctx, "start the supervisor", c.startSupervisor); err != nil {
		return status, err
	}
	err := c.update(ctx, "up", spec.SupervisorID, spec.UpdateUp, request, &status)
	return status, err
}

// Down stops every daemon in reverse order and returns when each has ended or was abandoned. What is
// desired of a daemon is not touched: the next Up continues with it.
func (c *Client) Down(ctx context.Context, command spec.Command) (spec.DownResult, error) {
	var result spec.DownResult
	err := c.update(ctx, "down", spec.SupervisorID, spec.UpdateDown, c.signed(command), &result)
	return result, c.orNotUp(err)
}

// RemoveNode makes a node no part of the fleet any more, whatever its worker says: its daemons end and are forgotten.
// It returns once the supervisor knows.
func (c *Client) RemoveNode(ctx context.Context, id string) error {
	return c.orderNode(ctx, "remove node "+id, spec.NodeOrder{ID: id, Removed: true})
}

// RestoreNode takes a removed node back. Its daemons start as soon as its worker serves it.
func (c *Client) RestoreNode(ctx context.Context, id string) error {
	return c.orderNode(ctx, "take node "+id+" back", spec.NodeOrder{ID: id})
}

func (c *Client) orderNode(ctx context.Context, act string, order spec.NodeOrder) error {
	return c.orNotUp(c.update(ctx, act, spec.SupervisorID, spec.UpdateNode, order, nil))
}

// Status is the state of the fleet: the supervisor's table, each row replaced by what the daemon itself
// says. The row of a daemon that does not answer stays the supervisor's, with unknown health and a note.
func (c *Client) Status(ctx context.Context) (spec.FleetStatus, error) {
	return c.status(ctx, everyone)
}

// Plan is what the supervisor was last asked for, with the rows as they run, and whether the fleet is up.
func (c *Client) Plan(ctx context.Context) (spec.SupervisorCarry, error) {
	var plan spec.SupervisorCarry
	err := c.query(ctx, spec.SupervisorID, spec.QueryCarry, &plan)
	return plan, c.orNotUp(err)
}

// InForce is the table of the fleet's daemons as the supervisor was asked for them: a build's and those of the applied
// file alike, with the edges that hold among them.
func (c *Client) InForce(ctx context.Context) (*spec.Registry, error) {
	plan, err := c.Plan(ctx)
	if err != nil {
		return nil, err
	}
	table, err := spec.NewTable(plan.Request.Daemons)
	if err != nil {
		return nil, fmt.Errorf("the plan in force: %w", err)
	}
	return table, nil
}

// startSupervisor starts the supervisor, or finds it running. Its input stays empty: the plan comes
// with the update.
func (c *Client) startSupervisor(ctx context.Context) error {
	_, err := c.temporal.ExecuteWorkflow(ctx, SupervisorOptions(), spec.WorkflowSupervisor, spec.SupervisorInput{})
	return err
}

// SupervisorOptions start the supervisor, or find the one that runs: its id is the lock.
func SupervisorOptions() client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: spec.SupervisorID, TaskQueue: spec.QueueDaemons, WorkflowTaskTimeout: 2 * time.Second,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:            "supervisor: starts the daemons in dependency order and keeps them as desired",
	}
}

// status asks the supervisor, then those daemons that a filter picks.
func (c *Client) status(ctx context.Context, ask func(spec.Info) bool) (spec.FleetStatus, error) {
	status, err := c.Table(ctx)
	if err != nil {
		return status, err
	}
	c.overlay(ctx, status.Daemons, ask)
	return status, nil
}

// Table is what the supervisor itself knows: a single question, with the phases as it last heard.
func (c *Client) Table(ctx context.Context) (spec.FleetStatus, error) {
	var status spec.FleetStatus
	err := c.query(ctx, spec.SupervisorID, spec.QueryStatus, &status)
	return status, c.orNotUp(err)
}

// running says nothing when the supervisor runs, and otherwise why not.
func (c *Client) running(ctx context.Context) error {
	return c.orNotUp(c.call(ctx, "find the supervisor", func(ctx context.Context) error {
		description, err := c.temporal.DescribeWorkflowExecution(ctx, spec.SupervisorID, "")
		if err != nil {
			return err
		}
		if description.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			return &NotUpError{Namespace: c.options.Namespace}
		}
		return nil
	}))
}

// orNotUp names the reason for which a supervisor cannot be found.
func (c *Client) orNotUp(err error) error {
	var notUp *NotUpError
	if notFound(err) || errors.As(err, &notUp) {
		return &NotUpError{Namespace: c.options.Namespace}
	}
	return err
}
