package workflows

import (
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// message is one signal as it arrived.
type message struct {
	name string
	args *commonpb.Payloads
}

// decode reads the payload into target; a signal without payload leaves target as it is.
func (m message) decode(target any) error {
	if len(m.args.GetPayloads()) == 0 {
		return nil
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(m.args, target); err != nil {
		return fmt.Errorf("payload of signal %s: %w", m.name, err)
	}
	return nil
}

// take decodes a message and hands its content on.
func take[T any](m message, handle func(T)) error {
	var content T
	if err := m.decode(&content); err != nil {
		return err
	}
	handle(content)
	return nil
}

// inbox holds the signals of one run in order of arrival. Temporal keeps a channel per signal name, so
// the order of a stop and a start that reach the same workflow task would be lost; the interceptor
// below is called in the order of the history.
type inbox struct {
	messages []message
}

func (i *inbox) empty() bool { return len(i.messages) == 0 }

// drain hands every message to handle, also those that arrive meanwhile.
func (i *inbox) drain(handle func(message)) {
	for !i.empty() {
		next := i.messages[0]
		i.messages = i.messages[1:]
		handle(next)
	}
}

type inboxKey struct{}

// inboxOf returns the run's inbox; it is an error to run these workflows without Interceptors.
func inboxOf(ctx workflow.Context) (*inbox, error) {
	box, ok := ctx.Value(inboxKey{}).(*inbox)
	if !ok {
		return nil, errors.New("the worker was built without workflows.Interceptors()")
	}
	return box, nil
}

type inboxInterceptor struct {
	interceptor.WorkerInterceptorBase
}

func (*inboxInterceptor) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &inboundInbox{box: &inbox{}}
	inbound.Next = next
	return inbound
}

type inboundInbox struct {
	interceptor.WorkflowInboundInterceptorBase
	box *inbox
}

func (i *inboundInbox) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	return i.Next.ExecuteWorkflow(workflow.WithValue(ctx, inboxKey{}, i.box), in)
}

func (i *inboundInbox) HandleSignal(_ workflow.Context, in *interceptor.HandleSignalInput) error {
	i.box.messages = append(i.box.messages, message{in.SignalName, in.Arg})
	return nil
}
