package pipelinetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

// first makes generation 0.
type first struct{ mini *workload.Workload }

func declare(r *pipelinetest.Rig) host.Declaration {
	return host.Declaration{Spec: spec.Daemon{Type: "TRAINING_TRIGGER"}, New: func(rt host.Runtime) (host.Runner, error) {
		return pipeline.NewDesk(rt, time.Hour, pipeline.NewOwner(spec.StageInitialising, first{r.Mini}, rt.Bus)), nil
	}}
}

func (f first) Prepare(context.Context, *ledger.Session, ledger.Stage) (ledger.JobSpec, error) {
	return pipeline.Job(f.mini, workload.Init, pipeline.JobOptions{Params: struct{}{}})
}

func (first) Finish(_ context.Context, _ *ledger.Session, _ ledger.Stage, report jobs.Report) (any, []bus.Payload, error) {
	model, err := pipeline.OutputOf(report, workload.RoleModel)
	return pipeline.Trained{ModelID: pipeline.FileID(model), Model: model, JobID: report.JobID}, nil, err
}

// An order is carried out by one job, whoever is killed meanwhile.
func TestOrdersAreCarriedOut(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	const config = pipelinetest.Config
	iteration := r.Open(config)
	order := r.Order(config, iteration, spec.StageInitialising)
	for epoch := range int64(3) {
		r.KillDaemon(epoch + 1)
	}
	daemon := r.Daemon(declare(r), 4)
	daemon.Round()
	queued := r.Jobs(workload.Init)
	require.Len(t, queued, 1)
	r.KillWorker(queued[0])
	require.Equal(t, ledger.StageDone, daemon.Carry(order).State)

	made := pipelinetest.Result[pipeline.Trained](r, config, iteration, spec.StageInitialising)
	require.Equal(t, workload.RoleModel, r.Inspect(config, made.Model).Role)
	require.Len(t, r.Jobs(workload.Init), 1)
	require.Len(t, r.Told("WORK_QUEUED"), 1)
	daemon.Round()
	require.Zero(t, r.RunJobs(), "nothing is left to do")
}

// Files of games hold what a test says, and the ledger counts what is complete.
func TestGamesAreCounted(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	games := r.Sample(pipelinetest.Config, 5)
	games[0] = pipelinetest.Truncate(games[0])
	file := r.Import(pipelinetest.Config, games...)
	require.EqualValues(t, 5, file.Games)
	batch, err := r.Ledger.Batch(t.Context(), file.BatchID)
	require.NoError(t, err)
	require.EqualValues(t, 4, batch.Games)
	report := r.Play(pipelinetest.Config, 3)
	require.Len(t, r.Inspect(pipelinetest.Config, report.Outputs[0]).IDs, 3)
	require.Len(t, r.Games(report.Outputs[0]), 3)
	uncut, err := r.Ledger.Uncut(t.Context(), pipelinetest.Config)
	require.NoError(t, err)
	require.EqualValues(t, 8, uncut.Games)
}
