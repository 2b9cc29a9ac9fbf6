package node

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// server is the other end of a connection: it answers when it is told to.
type server struct{ called, answer chan any }

func newServer() server { return server{called: make(chan any, 1), answer: make(chan any, 1)} }

func (s server) invoke(_ context.Context, _ string, request, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
	s.called <- request
	<-s.answer
	return nil
}

func poll(kind enumspb.TaskQueueKind) *workflowservice.PollWorkflowTaskQueueRequest {
	return &workflowservice.PollWorkflowTaskQueueRequest{TaskQueue: &taskqueuepb.TaskQueue{Name: "daemons", Kind: kind}}
}

func call(ctx context.Context, p *Polls, s server, request any) error {
	return p.intercept(ctx, "", request, nil, nil, s.invoke)
}

func TestAWorkerThatDrainsAsksForNoMoreTasks(t *testing.T) {
	t.Parallel()
	polls, s := NewPolls(), newServer()
	underWay := make(chan error)
	go func() { underWay <- call(t.Context(), polls, s, poll(enumspb.TASK_QUEUE_KIND_NORMAL)) }()
	<-s.called
	polls.close()

	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan error)
	go func() { refused <- call(ctx, polls, s, poll(enumspb.TASK_QUEUE_KIND_NORMAL)) }()
	absorbed := make(chan struct{})
	go func() { polls.absorb(t.Context()); close(absorbed) }()
	select {
	case <-absorbed:
		t.Fatal("the poll that was under way may still bring a task")
	case <-refused:
		t.Fatal("a poll that returns is tried again at once")
	case s.answer <- nil:
	}
	require.NoError(t, <-underWay)
	<-absorbed
	cancel()
	require.Equal(t, codes.Canceled, status.Code(<-refused))
	require.Empty(t, s.called, "the server saw the first poll only")
}

func TestAWorkflowLeavesAWorkerThatDrains(t *testing.T) {
	t.Parallel()
	completed := func(polls *Polls) *workflowservice.RespondWorkflowTaskCompletedRequest {
		s := newServer()
		s.answer <- nil
		require.NoError(t, call(t.Context(), polls, s, &workflowservice.RespondWorkflowTaskCompletedRequest{
			Identity: "node-1", StickyAttributes: &taskqueuepb.StickyExecutionAttributes{},
		}))
		return (<-s.called).(*workflowservice.RespondWorkflowTaskCompletedRequest)
	}
	polls := NewPolls()
	require.NotNil(t, completed(polls).StickyAttributes)
	polls.close()
	require.Nil(t, completed(polls).StickyAttributes)
	require.Equal(t, "node-1", completed(polls).Identity)

	s := newServer()
	s.answer <- nil
	other := &workflowservice.RespondActivityTaskCompletedRequest{Result: &commonpb.Payloads{}}
	require.NoError(t, call(t.Context(), polls, s, other))
	require.Same(t, other, <-s.called, "other calls go on")
}

func TestAPollOutlivesAnOutage(t *testing.T) {
	t.Parallel()
	for _, request := range []any{poll(enumspb.TASK_QUEUE_KIND_NORMAL), &workflowservice.PollActivityTaskQueueRequest{}} {
		failures := []codes.Code{codes.Unavailable, codes.Unavailable, codes.OK}
		err := NewPolls().intercept(t.Context(), "", request, nil, nil,
			func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
				next := failures[0]
				failures = failures[1:]
				return status.Error(next, "")
			})
		require.NoError(t, err)
		require.Empty(t, failures)
	}
	refused := status.Error(codes.PermissionDenied, "")
	err := NewPolls().intercept(t.Context(), "", poll(enumspb.TASK_QUEUE_KIND_NORMAL), nil, nil,
		func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return refused })
	require.Equal(t, refused, err, "what is no outage is the SDK's business")
}
