package evaluation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// with are the quick settings, changed.
func with(r *pipelinetest.Rig, change func(*evaluation.Settings)) host.Declaration {
	settings := quick()
	change(&settings)
	return evaluation.Declare(evaluation.Config{Workloads: r.Workloads, Settings: func() evaluation.Settings { return settings }})
}

// Each tenth of the games that a look finds played is told once, whoever looks.
func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemons := []*pipelinetest.Daemon{r.Daemon(declare(r), 1)}
	r.Bootstrap(config)
	iteration, candidate := trained(r)
	order := r.Order(config, iteration, spec.StageEvaluating)
	daemons[0].Round()
	played := map[int64]bool{}
	r.During(func(p jobs.Progress) {
		if tenth := int64(10 * p.Done / max(p.Total, 1)); p.Stage == jobs.StageRunning && tenth > 0 && !played[tenth] {
			played[tenth] = true
			daemons = append(daemons, r.Daemon(declare(r), int64(len(daemons))+1)) // another copy takes over
			daemons[len(daemons)-1].Round()
			daemons[len(daemons)-1].Round()
		}
	})
	r.RunJob(r.Jobs(workload.Evaluate)[0], r.Node)
	require.Equal(t, ledger.StageDone, r.Daemon(declare(r), 100).Carry(order).State)
	told := r.Told("EVALUATION_PROGRESS")
	require.NotEmpty(t, told)
	var tenths []int64
	for _, event := range told {
		said, err := bus.Decode[bus.EvaluationProgress](event)
		require.NoError(t, err)
		require.Equal(t, candidate.ModelID, said.ModelID)
		require.InDelta(t, 240, said.GamesTotal, 0, "20 against each of two baselines, 200 against the canonical model")
		require.Equal(t, said.Tenth, int64(10*said.GamesPlayed/said.GamesTotal))
		tenths = append(tenths, said.Tenth)
	}
	require.True(t, slices.IsSorted(tenths))
	require.Len(t, slices.Compact(slices.Clone(tenths)), len(tenths), "each once")
	require.Empty(t, r.Told("EVALUATION_STUCK"))
}

// An evaluation that does not move on is told of once, and so is that it is over, by another copy than saw it begin.
func TestAStuckEvaluationIsToldOf(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	impatient := with(r, func(s *evaluation.Settings) { s.StuckAfter = time.Nanosecond })
	first := r.Daemon(impatient, 1)
	r.Bootstrap(config)
	iteration, _ := trained(r)
	order := r.Order(config, iteration, spec.StageEvaluating)
	first.Round()
	first.Round()
	told := r.Told("EVALUATION_STUCK")
	require.Len(t, told, 1)
	stuck, err := bus.Decode[bus.EvaluationStuck](told[0])
	require.NoError(t, err)
	job := r.Jobs(workload.Evaluate)[0]
	require.Equal(t, []any{job.ID, "pending "}, []any{stuck.JobID, stuck.Reason})
	require.True(t, job.CreatedAt.Equal(stuck.Since))
	require.Contains(t, first.Health().Findings[len(first.Health().Findings)-1], "has not moved on since")
	require.Equal(t, spec.HealthOK, first.Health().Status, "that it cannot be helped is not this daemon's illness")

	second := r.Daemon(impatient, 2)
	second.Round()
	require.Len(t, r.Told("EVALUATION_STUCK"), 1)
	require.Empty(t, r.Told("EVALUATION_RECOVERED"))
	r.RunJob(job, r.Node)
	require.Equal(t, ledger.StageDone, r.Daemon(impatient, 3).Carry(order).State)
	told = r.Told("EVALUATION_RECOVERED")
	require.Len(t, told, 1)
	over, err := bus.Decode[bus.EvaluationRecovered](told[0])
	require.NoError(t, err)
	require.True(t, stuck.Since.Equal(over.Since))
	last := r.Daemon(impatient, 4)
	last.RequireIdle()
	require.Empty(t, last.Health().Findings)
}

// So many open evaluations are too many until enough have ended; each change is told once, whoever sees it.
func TestTooManyOpenEvaluationsAreToldOf(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	narrow := with(r, func(s *evaluation.Settings) { s.PressureOn, s.PressureOff = 2, 1 })
	first := r.Daemon(narrow, 1)
	var orders []ledger.Stage
	for _, configKey := range []string{"sq5_2p", "sq5_3p"} {
		model := r.Bootstrap(configKey)
		iteration := r.Open(configKey)
		r.Candidate(configKey, iteration, r.Forge(configKey, resaved(r, model.ID)).ID)
		require.Equal(t, pipeline.EvaluationCalm, pressure(r).Level)
		orders = append(orders, r.Order(configKey, iteration, spec.StageEvaluating))
		first.Round()
	}
	require.Equal(t, pipeline.EvaluationHigh, pressure(r).Level)
	told := r.Told("EVALUATION_BACKPRESSURE")
	require.Len(t, told, 1)
	said, err := bus.Decode[bus.EvaluationBackpressure](told[0])
	require.NoError(t, err)
	require.Equal(t, []int64{2, 2, 1}, []int64{said.Depth, said.Threshold, said.ReleaseThreshold})
	second := r.Daemon(narrow, 2)
	second.Round()
	require.Len(t, r.Told("EVALUATION_BACKPRESSURE"), 1)
	require.Empty(t, r.Told("EVALUATION_BACKPRESSURE_RELEASED"))
	for _, order := range orders {
		second.Carry(order)
	}
	require.Equal(t, pipeline.EvaluationCalm, pressure(r).Level)
	second.RequireIdle()
	require.Len(t, r.Told("EVALUATION_BACKPRESSURE"), 1)
	require.Len(t, r.Told("EVALUATION_BACKPRESSURE_RELEASED"), 1)
}

func pressure(r *pipelinetest.Rig) ledger.QueueLevel {
	r.Helper()
	level, err := pipeline.EvaluationPressure(r.Context(), r.Ledger)
	require.NoError(r, err)
	return level
}
