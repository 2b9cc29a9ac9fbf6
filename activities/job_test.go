package activities_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
	"github.com/ringrift/orchestrator/workflows"
)

// An error that no message can carry as it is would leave the server without any: the node would seem lost.
func TestRunJobTellsAnErrorThatIsNoText(t *testing.T) {
	t.Parallel()
	_, connection := shared.Namespace(t)
	r := &rig{t: t, client: connection}
	node := &activities.Jobs{Executor: executorIn(t, "no\xfffolder"), Client: connection, Identity: "worker-1", Logger: slog.New(slog.DiscardHandler)}
	assignment, err := json.Marshal(jobs.Assignment{JobID: "j-1", Attempt: 1, ConfigKey: "sq5_2p", Request: jobs.Request{Workload: "mini", Command: workload.Train}})
	require.NoError(t, err)
	ends := make(chan spec.JobEnd, 1)
	r.start(spec.QueueDaemons, worker.Options{LocalActivityWorkerOnly: true, Interceptors: workflows.Interceptors()}, map[string]any{
		spec.ActivityStartJob: func(context.Context, spec.JobGrant) (spec.JobStart, error) {
			return spec.JobStart{Attempt: 1, Assignment: assignment}, nil
		},
		spec.ActivityFinishJob: func(_ context.Context, end spec.JobEnd) (spec.JobOutcome, error) {
			ends <- end
			return spec.JobOutcome{}, nil
		},
	})
	r.start(spec.NodeQueue("node-1"), worker.Options{DisableWorkflowWorker: true}, map[string]any{spec.ActivityRunJob: node.RunJob})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	running, err := connection.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: spec.JobWorkflowID("j-1"), TaskQueue: spec.QueueDaemons},
		spec.WorkflowJob, spec.JobGrant{JobID: "j-1", Token: 1, Node: "node-1"})
	require.NoError(t, err)
	require.NoError(t, running.Get(ctx, nil), "the attempt has not ended")
	require.Contains(t, (<-ends).Lost, "no\uFFFDfolder")
}

// executorIn is one that cannot make its folders: a file of that name is in their place.
func executorIn(t *testing.T, name string) *jobs.Executor {
	t.Helper()
	dir := t.TempDir()
	files, err := data.Open(data.Config{Path: dir, Node: "node-1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, files.Close()) })
	scope, err := process.Scope(dir)
	require.NoError(t, err)
	inTheWay := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	executor, err := jobs.NewExecutor(jobs.ExecutorConfig{
		Node: "node-1", Dir: inTheWay, Scope: scope, Files: files, Runner: run.New(run.Options{Scope: scope}),
		Workloads: map[string]*workload.Workload{"mini": {Manifest: &workload.Manifest{
			Configs: []workload.Config{{Key: "sq5_2p"}}, Commands: map[workload.Command][]string{workload.Train: {"train"}},
		}}},
	})
	require.NoError(t, err)
	return executor
}
