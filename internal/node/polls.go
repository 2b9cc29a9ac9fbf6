package node

import (
	"context"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ringrift/orchestrator/internal/pause"
)

const (
	// absorbLimit bounds the wait for a poll of the common queue to end: as long as tasks come it takes the next one.
	absorbLimit = time.Second
	// pollRetry is the pause after a poll that an outage has cut off. The SDK's own grows to ten seconds.
	pollRetry = 200 * time.Millisecond
)

// Polls stands between a worker and the server's queues, where the SDK's polls lose time or work.
//
// The SDK drops a task that the server hands out just as the worker stops, and the server misses it only when the
// task's time is over: a daemon is not started again before. So a worker that drains first asks for no more
// workflow tasks, and then stops. And a poll that an outage has cut off is asked again at once when it is over.
type Polls struct {
	mutex   sync.Mutex
	closed  bool
	waiting int // polls of the common queue that the server may still answer with a task
	ended   chan struct{}
	outages chan struct{} // polls were cut off, and with them perhaps what they brought
}

// NewPolls returns a gate that is open. Give it to DialOptions and to the Config of the one node that works
// through that connection.
func NewPolls() *Polls { return &Polls{ended: make(chan struct{}, 1), outages: make(chan struct{}, 1)} }

// intercept passes every call on. Once the gate is closed, polls for workflow tasks wait until the SDK gives them
// up, and a workflow that this worker still moves is not to come back to it.
func (p *Polls) intercept(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	switch request := request.(type) {
	case *workflowservice.PollWorkflowTaskQueueRequest:
		// Nothing comes by a worker's own sticky queue any more once the server has been told to forget it.
		common := request.GetTaskQueue().GetKind() != enumspb.TASK_QUEUE_KIND_STICKY
		if !p.begin(common) {
			<-ctx.Done()
			return status.FromContextError(ctx.Err()).Err()
		}
		defer p.end(common)
		return p.pollThrough(ctx, method, request, reply, connection, invoke, options...)
	case *workflowservice.PollActivityTaskQueueRequest:
		return p.pollThrough(ctx, method, request, reply, connection, invoke, options...)
	case *workflowservice.RespondWorkflowTaskCompletedRequest:
		if p.isClosed() {
			request.StickyAttributes = nil
		}
	}
	return invoke(ctx, method, request, reply, connection, options...)
}

// pollThrough asks again when an outage has cut a poll off. With calls that wait for a connection, the poll is with
// the server as soon as that is back.
func (p *Polls) pollThrough(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	for {
		err := invoke(ctx, method, request, reply, connection, options...)
		if status.Code(err) != codes.Unavailable {
			return err
		}
		signal(p.outages)
		if !pause.For(ctx, pollRetry) {
			return err
		}
	}
}

func (p *Polls) begin(common bool) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.closed && common {
		p.waiting++
	}
	return !p.closed
}

func (p *Polls) end(common bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if common {
		p.waiting--
	}
	if p.closed {
		signal(p.ended)
	}
}

// close lets no more polls through. Those under way go on.
func (p *Polls) close() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.closed = true
}

// absorb waits until no poll of the common queue is under way, or for as long as it may take.
func (p *Polls) absorb(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, absorbLimit)
	defer cancel()
	for p.count() > 0 {
		select {
		case <-p.ended:
		case <-ctx.Done():
			return
		}
	}
}

func (p *Polls) isClosed() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.closed
}

func (p *Polls) count() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.waiting
}

// signal tells the one who waits, or the next one who does.
func signal(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}
