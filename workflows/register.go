package workflows

import (
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Interceptors must be given to every worker, replayer and test environment that runs these workflows.
func Interceptors() []interceptor.WorkerInterceptor {
	return []interceptor.WorkerInterceptor{&inboxInterceptor{}}
}

// Register makes the workflows known under their permanent names.
func Register(registry worker.WorkflowRegistry) {
	registry.RegisterWorkflowWithOptions(Supervisor, workflow.RegisterOptions{Name: spec.WorkflowSupervisor})
	registry.RegisterWorkflowWithOptions(Group, workflow.RegisterOptions{Name: spec.WorkflowGroup})
	registry.RegisterWorkflowWithOptions(Daemon, workflow.RegisterOptions{Name: spec.WorkflowDaemon})
	registry.RegisterWorkflowWithOptions(Job, workflow.RegisterOptions{Name: spec.WorkflowJob})
	registry.RegisterWorkflowWithOptions(Pipeline, workflow.RegisterOptions{Name: spec.WorkflowPipeline})
}
