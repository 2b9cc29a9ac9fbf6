package node

import (
	"maps"
	"slices"
	"sync"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"
)

// cached knows which workflows this process has in its cache: the server offers their tasks to it first.
type cached struct {
	interceptor.WorkerInterceptorBase
	mutex sync.Mutex
	runs  map[string]int // by workflow id; two while one run follows another
}

func newCached() *cached { return &cached{runs: map[string]int{}} }

// IDs are those of the workflows, in order.
func (c *cached) IDs() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Sorted(maps.Keys(c.runs))
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (c *cached) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &cachedInbound{cache: c}
	inbound.Next = next
	return inbound
}

type cachedInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	cache *cached
}

// ExecuteWorkflow is left when the run ends or is evicted.
func (c *cachedInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	c.cache.count(id, 1)
	defer c.cache.count(id, -1)
	return c.Next.ExecuteWorkflow(ctx, in)
}

func (c *cached) count(id string, change int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.runs[id] += change; c.runs[id] == 0 {
		delete(c.runs, id)
	}
}
