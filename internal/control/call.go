package control

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

// pulse is how often a call that takes long looks whether the server is still there.
const pulse = time.Second

// errServerSilent ends a call whose server has been silent for too long.
var errServerSilent = errors.New("the server stopped answering")

// query asks a running workflow and decodes its answer.
func (c *Client) query(ctx context.Context, workflowID, name string, answer any) error {
	act := fmt.Sprintf("query %s of %s", name, workflowID)
	request := client.QueryWorkflowWithOptionsRequest{
		WorkflowID: workflowID, QueryType: name,
		// A closed run would answer with the state in which it died.
		QueryRejectCondition: enumspb.QUERY_REJECT_CONDITION_NOT_OPEN,
	}
	return c.call(ctx, act, func(ctx context.Context) error {
		var response *client.QueryWorkflowWithOptionsResponse
		err := c.answered(ctx, act, func(ctx context.Context) (err error) {
			response, err = c.temporal.QueryWorkflowWithOptions(ctx, &request)
			return err
		})
		if err != nil {
			return err
		}
		if response.QueryRejected != nil {
			return serviceerror.NewNotFoundf("the workflow is %s", response.QueryRejected.GetStatus())
		}
		return response.QueryResult.Get(answer)
	})
}

// update sends a command and waits for its answer. The worker has AnswerTimeout to accept it; how long
// it then takes is the caller's business. The update id makes the client's own retries harmless.
func (c *Client) update(ctx context.Context, act, workflowID, name string, argument, answer any) error {
	request := client.UpdateWorkflowOptions{
		UpdateID: rand.Text(), WorkflowID: workflowID, UpdateName: name,
		Args: []any{argument}, WaitForStage: client.WorkflowUpdateStageAccepted,
	}
	return c.call(ctx, act, func(ctx context.Context) error {
		var handle client.WorkflowUpdateHandle
		err := c.answered(ctx, act, func(ctx context.Context) (err error) {
			handle, err = c.temporal.UpdateWorkflow(ctx, request)
			return err
		})
		if err != nil {
			return err
		}
		err = handle.Get(ctx, answer)
		for late(err) && pause.For(ctx, pollInterval) {
			err = handle.Get(ctx, answer)
		}
		return err
	})
}

// answered gives an exchange AnswerTimeout to hear from a worker, unless the caller has less. The server
// gives up by itself after a few seconds when it asked a worker that has just died; the next try reaches
// another one.
func (c *Client) answered(ctx context.Context, act string, exchange func(context.Context) error) error {
	end := time.Now().Add(c.options.AnswerTimeout)
	bounded, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	err := exchange(bounded)
	for late(err) && pause.For(bounded, pollInterval) {
		err = exchange(bounded)
	}
	if err == nil || !expired(bounded) && !late(err) {
		return err
	}
	if callers, given := ctx.Deadline(); given && callers.Before(end) {
		return context.DeadlineExceeded
	}
	return &NoWorkerError{Act: act, Wait: c.options.AnswerTimeout}
}

// late says whether the server itself ended an exchange for want of an answer.
func late(err error) bool {
	var exceeded *serviceerror.DeadlineExceeded
	return errors.As(err, &exceeded)
}

// call runs one exchange, gives it up when the server falls silent, and says what its failure means.
func (c *Client) call(ctx context.Context, act string, exchange func(context.Context) error) error {
	watched, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go c.watch(watched, cancel)
	err := exchange(watched)
	if err == nil {
		return nil
	}
	return c.explain(act, causeOf(watched, err))
}

// watch cancels a call once the server has not answered a health check for ServerTimeout.
func (c *Client) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(min(pulse, c.options.ServerTimeout))
	defer ticker.Stop()
	seen := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if c.healthy(ctx) {
			seen = time.Now()
		} else if time.Since(seen) >= c.options.ServerTimeout {
			cancel(errServerSilent)
			return
		}
	}
}

func (c *Client) healthy(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, pulse)
	defer cancel()
	_, err := c.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err == nil
}

// explain turns an SDK error into one of this package's; unknown ones are wrapped with the act.
func (c *Client) explain(act string, err error) error {
	var refused *temporal.ApplicationError
	if errors.As(err, &refused) && refused.Type() == spec.ErrorRefused {
		return &RefusedError{Act: act, Reason: refused.Message()}
	}
	var namespace *serviceerror.NamespaceNotFound
	if errors.As(err, &namespace) {
		return &NoNamespaceError{Address: c.options.Address, Namespace: c.options.Namespace}
	}
	var unavailable *serviceerror.Unavailable
	if errors.Is(err, errServerSilent) || errors.As(err, &unavailable) {
		return &NoServerError{Address: c.options.Address, Act: act, Err: err}
	}
	var worker *NoWorkerError
	if errors.As(err, &worker) {
		return worker
	}
	return fmt.Errorf("%s: %w", act, err)
}

// causeOf prefers the reason for which a call was ended over the error that this provoked.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func notFound(err error) bool {
	var missing *serviceerror.NotFound
	return errors.As(err, &missing)
}
