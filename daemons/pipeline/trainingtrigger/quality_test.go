package trainingtrigger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// While the nodes report poor games nothing is trained and everybody hears why, once; few judged games are no reason, nor
// is it that nobody has judged any.
func TestPoorGamesAreNotTrainedOn(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r, asOpen), 1) // it asks for 0.55
	parent := r.Bootstrap(config)
	poor := make([]float64, 60)
	for i := range poor {
		poor[i] = .3 + float64(i%3)*.1
	}
	report(r, "node-1", poor[:30], .5)
	report(r, "node-2", poor[30:], .6)

	first := r.Open(config)
	dataset := r.Combine(config, first, r.Model(parent.ID), 20)
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, first, spec.StageTraining)).State)
	blocked := pipelinetest.Result[pipeline.Trained](r, config, first, spec.StageTraining)
	require.Equal(t, spec.VerdictTooFew, blocked.Verdict)
	require.Contains(t, blocked.Reason, "quality: the newest 60 games are worth 0.40, at least 0.55 is needed")
	require.Empty(t, r.Jobs(workload.Train))
	told := r.Told("TRAINING_BLOCKED_BY_QUALITY")
	require.Len(t, told, 1)
	said, err := bus.Decode[bus.TrainingBlockedByQuality](told[0])
	require.NoError(t, err)
	require.InDelta(t, quality.Of(poor).Mean, said.QualityScore, 1e-9)
	require.Equal(t, []any{dataset.DatasetID, int64(60), .55}, []any{said.DatasetID, said.GamesAssessed, said.Threshold})
	require.NotEmpty(t, said.QualityHistory)
	r.Close(config, first, spec.VerdictTooFew)

	report(r, "node-1", poor[:19], .5)
	report(r, "node-2", nil, .5)
	second := r.Open(config)
	r.Combine(config, second, r.Model(parent.ID), 20)
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, second, spec.StageTraining)).State)
	require.Empty(t, pipelinetest.Result[pipeline.Trained](r, config, second, spec.StageTraining).Verdict)
	require.Len(t, r.Jobs(workload.Train), 1)
	require.Len(t, r.Told("TRAINING_BLOCKED_BY_QUALITY"), 1)
}

// report is what the monitor of a node says.
func report(r *pipelinetest.Rig, node string, scores []float64, before float64) {
	r.Helper()
	standing := quality.NewStanding(quality.Of(scores), quality.Limits{}, []float64{before})
	text, err := quality.Report{Configs: map[string]quality.Standing{config: standing}}.Encode()
	require.NoError(r, err)
	require.NoError(r, r.Bus.Session(quality.Reporter, node, 1).Report(r.Context(), text))
}
