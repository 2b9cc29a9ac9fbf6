package trainingtrigger_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/pipeline/trainingtrigger"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

// open are settings with which only the dataset can keep a gate shut.
var open = trainingtrigger.Settings{Version: "plan-7", Cooldown: -1, MinFreeDisk: -1, MinSamples: 50, Epochs: 4, RunLimit: 20 * time.Minute, SilentLimit: 4 * time.Minute}

func declare(r *pipelinetest.Rig, settings func() trainingtrigger.Settings) host.Declaration {
	return trainingtrigger.Declare(trainingtrigger.Config{Workloads: r.Workloads, Settings: settings})
}

func asOpen() trainingtrigger.Settings { return open }

// A dataset that is too small gives no run and says so; one more batch gives exactly one, whose model is better on what
// was held out; and the same dataset is not trained on twice.
func TestCandidatesAreTrainedOncePerDataset(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	settings := open
	settings.MinSamples = 300
	daemon := r.Daemon(declare(r, func() trainingtrigger.Settings { return settings }), 1)
	parent := r.Bootstrap(config)

	first := r.Open(config)
	small := r.Combine(config, first, r.Model(parent.ID), 10)
	require.Less(t, small.Samples, settings.MinSamples)
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, first, spec.StageTraining)).State)
	none := pipelinetest.Result[pipeline.Trained](r, config, first, spec.StageTraining)
	require.Equal(t, spec.VerdictTooFew, none.Verdict)
	require.Contains(t, none.Reason, "samples: dataset "+small.DatasetID+" has ")
	require.Contains(t, none.Reason, "at least 300 are needed")
	require.Empty(t, r.Jobs(workload.Train))
	r.Close(config, first, spec.VerdictTooFew)

	second := r.Open(config)
	large := r.Combine(config, second, r.Model(parent.ID), 60)
	require.GreaterOrEqual(t, large.Samples, settings.MinSamples)
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, second, spec.StageTraining)).State)
	require.Len(t, r.Jobs(workload.Train), 1)
	job := r.Jobs(workload.Train)[0]
	require.Equal(t, []int64{1200, 240}, []int64{job.RunLimitSeconds, job.SilentLimitSeconds})
	trained := pipelinetest.Result[pipeline.Trained](r, config, second, spec.StageTraining)
	requireCandidate(r, trained, parent, large)
	r.Close(config, second, spec.VerdictRejected)

	third := r.Open(config)
	r.FinishStage(config, third, spec.StageCombining, large)
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, third, spec.StageTraining)).State)
	again := pipelinetest.Result[pipeline.Trained](r, config, third, spec.StageTraining)
	require.Equal(t, spec.VerdictTooFew, again.Verdict)
	require.Contains(t, again.Reason, "was trained on from the same parent in iteration 2")
	require.Len(t, r.Jobs(workload.Train), 1)
	daemon.RequireIdle()
}

// requireCandidate recomputes from the files what is said of a candidate.
func requireCandidate(r *pipelinetest.Rig, trained pipeline.Trained, parent ledger.Model, combined pipeline.Combined) {
	r.Helper()
	model, err := r.Ledger.Model(r.Context(), trained.ModelID)
	require.NoError(r, err)
	require.Equal(r, []string{parent.ID}, model.Parents)
	require.NotEqual(r, parent.ID, model.ID)
	require.Equal(r, trained.JobID, model.RunID)
	require.EqualValues(r, 2, model.Iteration)
	require.Equal(r, combined.DatasetID, trained.DatasetID)
	require.Equal(r, "plan-7", trained.PlanVersion)
	require.True(r, *r.Inspect(config, trained.Model).Finite)
	require.Less(r, loss(r, trained.Model, *combined.Holdout), loss(r, r.Model(parent.ID), *combined.Holdout))

	require.Len(r, r.Told("TRAINING_STARTED"), 1)
	completed := r.Told("TRAINING_COMPLETED")
	require.Len(r, completed, 1)
	said, err := bus.Decode[bus.TrainingCompleted](completed[0])
	require.NoError(r, err)
	require.Equal(r, trained.ModelID, said.ModelID)
	require.Equal(r, combined.Samples, said.TrainingSamples)
	require.InDelta(r, loss(r, trained.Model, *combined.Holdout), *said.FinalValLoss, 1e-9)
}

// loss is what the workload measures of a model on samples.
func loss(r *pipelinetest.Rig, model, samples jobs.Output) float64 {
	r.Helper()
	report := r.Do(config, workload.Loss, workload.LossParams{Model: "model", Dataset: "samples"},
		pipeline.Input("model", model), pipeline.Input("samples", samples))
	measured := pipelinetest.Metrics[workload.LossMetrics](r, report)
	return measured.PolicyLoss + measured.ValueLoss
}

// The first gate that is closed is the reason that is told, and nothing is trained until all are open.
func TestGatesAreWaitedForInOrder(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	settings := trainingtrigger.Settings{Paused: []string{config}, Cooldown: time.Hour, MinSamples: 1, MaxConcurrent: 1}
	daemon := r.Daemon(declare(r, func() trainingtrigger.Settings { return settings }), 1)
	parent := r.Bootstrap(config)
	before := r.Open(config)
	r.Train(config, before, r.Combine(config, before, r.Model(parent.ID), 10)) // from here the cooldown counts
	r.Close(config, before, spec.VerdictRejected)
	iteration := r.Open(config)
	r.Combine(config, iteration, r.Model(parent.ID), 12)
	running, elsewhere := queue(r, "one", config), queue(r, "two", "hex3_2p")
	r.Order(config, iteration, spec.StageTraining)

	waits := func(gate string) {
		t.Helper()
		daemon.Round()
		require.Regexp(t, "^"+gate+": ", r.Last(config, iteration, spec.StageTraining).Waiting)
	}
	waits("running")
	cancel(r, running)
	waits("paused")
	settings.Paused = nil
	waits("cooldown")
	settings.Cooldown = -1
	waits("slot")
	cancel(r, elsewhere)
	waits("disk") // of the only node it is unknown
	reportDisk(r, nodes.Space{Total: 100 << 30, Free: 1 << 30})
	waits("disk")
	reportDisk(r, nodes.Space{Total: 100 << 30, Free: 4 << 30})
	waits("disk") // there is enough, and yet it is nearly full
	require.NotContains(t, daemon.Health().Findings, "disk")
	reportDisk(r, nodes.Space{Total: 100 << 30, Free: 50 << 30})
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Last(config, iteration, spec.StageTraining)).State)
}

// queue submits a train job that nobody runs.
func queue(r *pipelinetest.Rig, key, configKey string) ledger.Job {
	r.Helper()
	wanted, err := pipeline.Job(r.Mini, workload.Train, pipeline.JobOptions{Params: struct{}{}})
	require.NoError(r, err)
	wanted.ConfigKey, wanted.IdempotencyKey = configKey, key
	submitted, err := r.Session.SubmitJob(r.Context(), wanted)
	require.NoError(r, err)
	return submitted.Job
}

func cancel(r *pipelinetest.Rig, job ledger.Job) {
	r.Helper()
	_, err := r.Session.CancelJob(r.Context(), job.ID, "test")
	require.NoError(r, err)
}

func reportDisk(r *pipelinetest.Rig, disk nodes.Space) {
	r.Helper()
	capacity, err := json.Marshal(nodes.Capacity{Disk: nodes.Measured[nodes.Space]{Value: &disk, At: time.Now()}})
	require.NoError(r, err)
	node, err := r.Ledger.Node(r.Context(), "node-1")
	require.NoError(r, err)
	node.Capacity = capacity
	require.NoError(r, r.Session.NodeSeen(r.Context(), node.NodeReport))
}

// A run that diverges is no candidate: the attempt fails and says why, and the next one is another run.
func TestDivergedRunsFail(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	settings := open
	settings.LearningRate = math.MaxFloat64
	daemon := r.Daemon(declare(r, func() trainingtrigger.Settings { return settings }), 1)
	parent := r.Bootstrap(config)
	iteration := r.Open(config)
	r.Combine(config, iteration, r.Model(parent.ID), 20)
	failed := daemon.Carry(r.Order(config, iteration, spec.StageTraining))
	require.Equal(t, ledger.StageFailed, failed.State)
	require.Equal(t, "diverged", failed.ErrorClass)
	told := r.Told("TRAINING_FAILED")
	require.Len(t, told, 1)
	said, err := bus.Decode[bus.TrainingFailed](told[0])
	require.NoError(t, err)
	require.Equal(t, failed.Error, said.Error)
	require.Empty(t, r.Told("TRAINING_COMPLETED"))

	settings.LearningRate = 0
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, iteration, spec.StageTraining)).State, "the same iteration may try again")
	require.Len(t, r.Jobs(workload.Train), 2)
}

// While too many evaluations are open nothing is trained, and that is what is told.
func TestTrainingWaitsForEvaluations(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r, asOpen), 1)
	parent := r.Bootstrap(config)
	iteration := r.Open(config)
	r.Combine(config, iteration, r.Model(parent.ID), 20)
	order := r.Order(config, iteration, spec.StageTraining)
	_, _, err := r.Session.SetLevel(t.Context(), pipeline.EvaluationQueue, pipeline.EvaluationHigh, 9)
	require.NoError(t, err)
	daemon.Round()
	require.Regexp(t, "^evaluation backpressure: since .* too many evaluations are open, 9 then$", r.Last(config, iteration, spec.StageTraining).Waiting)
	require.Empty(t, r.Jobs(workload.Train))
	_, _, err = r.Session.SetLevel(t.Context(), pipeline.EvaluationQueue, pipeline.EvaluationCalm, 4)
	require.NoError(t, err)
	require.Equal(t, ledger.StageDone, daemon.Carry(order).State)
}

// A run that takes too long is ended, which is told once; another attempt goes on.
func TestARunThatTakesTooLongIsToldOf(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	hasty := open
	hasty.Epochs, hasty.EarlyStopPatience, hasty.RunLimit, hasty.SilentLimit = 10_000, -1, time.Second, time.Second
	daemon := r.Daemon(declare(r, func() trainingtrigger.Settings { return hasty }), 1)
	parent := r.Bootstrap(config)
	iteration := r.Open(config)
	combined := r.Combine(config, iteration, r.Model(parent.ID), 40)
	r.Order(config, iteration, spec.StageTraining)
	daemon.Round()
	job := r.Jobs(workload.Train)[0]
	require.Equal(t, string(ledger.Pending), r.RunJob(job, r.Node).Status)
	daemon.Round()
	daemon.Round()
	r.Daemon(declare(r, func() trainingtrigger.Settings { return hasty }), 2).Round()
	told := r.Told("TRAINING_TIMEOUT_REACHED")
	require.Len(t, told, 1)
	said, err := bus.Decode[bus.TrainingTimeoutReached](told[0])
	require.NoError(t, err)
	require.Equal(t, []any{job.ID, combined.DatasetID, "node-1", int64(1), "run"}, []any{said.RunID, said.DatasetID, said.NodeID, said.JobAttempt, said.Limit})
	require.InDelta(t, 1.0/3600, said.TimeoutHours, 1e-9)
	require.Greater(t, said.RanSeconds, 0.9)
	require.Equal(t, ledger.StageOrdered, r.Last(config, iteration, spec.StageTraining).State, "the run goes on")
}

// A run that has diverged is not repeated by the same plan.
func TestDivergedRunsAreReplanned(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	settings := open
	settings.LearningRate = math.MaxFloat64
	daemon := r.Daemon(declare(r, func() trainingtrigger.Settings { return settings }), 1)
	parent := r.Bootstrap(config)
	_, made, err := feedback.Bring(t.Context(), r.Session, feedback.Evidence{ConfigKey: config}, feedback.DefaultPolicy())
	require.NoError(t, err)
	require.True(t, made)
	iteration := r.Open(config)
	r.Combine(config, iteration, r.Model(parent.ID), 20)
	failed := daemon.Carry(r.Order(config, iteration, spec.StageTraining))
	require.Equal(t, pipeline.ClassDiverged, failed.ErrorClass)
	again := r.Order(config, iteration, spec.StageTraining)
	daemon.Round()
	require.Contains(t, r.Last(config, iteration, spec.StageTraining).Waiting, "plan: attempt 1 has diverged by plan "+config+"/000001")
	require.Len(t, r.Jobs(workload.Train), 1)

	settings.LearningRate = .02
	evidence, err := pipeline.FeedbackOf(t.Context(), r.Ledger, config, "")
	require.NoError(t, err)
	require.Equal(t, 1, evidence.Diverged)
	plan, _, err := feedback.Bring(t.Context(), r.Session, evidence, feedback.DefaultPolicy())
	require.NoError(t, err)
	require.Equal(t, ledger.StageDone, daemon.Carry(again).State)
	request, err := pipeline.RequestOf(r.Jobs(workload.Train)[0])
	require.NoError(t, err)
	require.Equal(t, plan.Version, request.PlanVersion)
	var params workload.TrainParams
	require.NoError(t, json.Unmarshal(request.Params, &params))
	require.InDelta(t, .01, params.LR, 1e-5)
}

// Whoever is killed meanwhile, there is one run, and it is told of once.
func TestKillsGiveNoSecondRun(t *testing.T) {
	pipelinetest.DaemonToKill(t, func(r *pipelinetest.Rig) host.Declaration { return declare(r, asOpen) })
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	parent := r.Bootstrap(config)
	iteration := r.Open(config)
	r.Combine(config, iteration, r.Model(parent.ID), 20)
	order := r.Order(config, iteration, spec.StageTraining)
	for epoch := range int64(3) {
		r.KillDaemon(epoch + 1)
	}
	daemon := r.Daemon(declare(r, asOpen), 10)
	daemon.Round()
	queued := r.Jobs(workload.Train)
	require.Len(t, queued, 1)
	r.KillWorker(queued[0])
	r.RunJobs()
	for epoch := range int64(3) {
		r.KillDaemon(epoch + 11)
	}
	require.Equal(t, ledger.StageDone, r.Daemon(declare(r, asOpen), 20).Carry(order).State)
	require.Len(t, r.Jobs(workload.Train), 1)
	models, err := r.Ledger.Models(t.Context(), config, ledger.Page{})
	require.NoError(t, err)
	require.Len(t, models.Items, 2)
	require.Len(t, r.Told("TRAINING_STARTED"), 1)
	require.Len(t, r.Told("TRAINING_COMPLETED"), 1)
}

// A run is trained by the plan that holds when it begins, and says so; a plan that holds the training is waited for.
func TestRunsGoByThePlan(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	settings := open
	settings.BatchSize, settings.LearningRate = 64, .01
	daemon := r.Daemon(declare(r, func() trainingtrigger.Settings { return settings }), 1)
	parent := r.Bootstrap(config)
	now, err := r.Ledger.Now(t.Context())
	require.NoError(t, err)
	bring := func(evidence feedback.Evidence) feedback.Plan {
		t.Helper()
		evidence.ConfigKey = config
		plan, made, err := feedback.Bring(t.Context(), r.Session, evidence, feedback.DefaultPolicy())
		require.NoError(t, err)
		require.True(t, made)
		return plan
	}
	paused := bring(feedback.Evidence{Quality: &feedback.GameQuality{Share: .1, Games: 50, At: now}})
	iteration := r.Open(config)
	combined := r.Combine(config, iteration, r.Model(parent.ID), 20)
	r.Order(config, iteration, spec.StageTraining)
	daemon.Round()
	require.Contains(t, r.Last(config, iteration, spec.StageTraining).Waiting, "paused: plan "+paused.Version+" holds the training: 10 % of the last 50 games")
	require.Empty(t, r.Jobs(workload.Train))

	great, small := 60.0, 5.0
	bring(feedback.Evidence{Decisions: []feedback.Decision{{At: now, Promoted: true, Gain: &great}}})
	plan := bring(feedback.Evidence{Decisions: []feedback.Decision{{At: now, Promoted: true, Gain: &small}}})
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Last(config, iteration, spec.StageTraining)).State)
	require.Equal(t, plan.Version, pipelinetest.Result[pipeline.Trained](r, config, iteration, spec.StageTraining).PlanVersion)
	request, err := pipeline.RequestOf(r.Jobs(workload.Train)[0])
	require.NoError(t, err)
	require.Equal(t, plan.Version, request.PlanVersion)
	var params workload.TrainParams
	require.NoError(t, json.Unmarshal(request.Params, &params))
	require.Equal(t, []int{4, 96}, []int{params.Epochs, params.BatchSize})
	require.InDelta(t, .005, params.LR, 1e-5)
	said, err := bus.Decode[bus.TrainingStarted](r.Told("TRAINING_STARTED")[0])
	require.NoError(t, err)
	require.Equal(t, plan.Version, said.PlanVersion)
	made, err := r.Ledger.Decision(t.Context(), pipeline.DecisionTraining, combined.DatasetID+"/"+parent.ID)
	require.NoError(t, err)
	require.Contains(t, string(made.Inputs), `"plan_version":"`+plan.Version+`"`)
	require.Contains(t, string(made.Inputs), `"settings":"plan-7"`)
}
