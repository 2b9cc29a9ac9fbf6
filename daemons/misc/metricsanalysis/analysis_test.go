package metricsanalysis

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const (
	config  = pipelinetest.Config
	other   = "hex3_2p"
	harness = "search"
)

var mini workloadtest.Mini

func TestMain(m *testing.M) {
	if killtest.IsVictim() {
		os.Exit(m.Run())
	}
	pipelinetest.Main(m, &mini)
}

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "METRICS_ANALYSIS", Category: spec.CategoryMisc, Runner: "create_metrics_analysis",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), Declare(Config{}).Spec)
}

func settings() Settings {
	settings := DefaultSettings()
	settings.MinImprovement = .01
	return settings
}

func declared() Config {
	return Config{
		Configs: func() []string { return []string{config, other} }, Settings: settings,
		Terms: func(string) pipeline.Terms { return pipeline.Terms{Targets: pipeline.Targets{Harness: harness}} },
	}
}

// A real run's losses fall, as its files say too; that is told once, and nothing else is.
func TestARealRunIsRead(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(Declare(declared()), 1)
	daemon.Round()
	parent := r.Bootstrap(config)
	iteration := r.Open(config)
	combined := r.Combine(config, iteration, r.Model(parent.ID), 60)
	trained := r.Train(config, iteration, combined)
	daemon.Round()
	report := r.Report(trained.JobID)
	var metrics workload.TrainMetrics
	require.NoError(t, json.Unmarshal(report.Metrics, &metrics))
	for _, name := range []string{"train_loss", "val_loss"} {
		require.Len(t, report.Curves[name], metrics.EpochsCompleted, "a point for each epoch")
	}
	best := *metrics.ValLossStart
	for _, one := range report.Curves["val_loss"] {
		best = min(best, one.Value)
	}
	require.InDelta(t, *metrics.ValLossEnd, best, 1e-9, "the model has the loss of its best epoch, or of what it began with")

	read := daemon.Health().Details["curves"].(map[string]map[string]reading)[config]["train_loss"]
	require.Negative(t, read.Slope)
	require.Equal(t, metrics.EpochsCompleted, read.Points)
	told := r.Told("TRAINING_LOSS_TREND")
	require.Len(t, told, 1)
	said, err := bus.Decode[bus.TrainingLossTrend](told[0])
	require.NoError(t, err)
	require.Equal(t, []any{trained.JobID, "improving"}, []any{said.RunID, said.Trend})
	require.InDelta(t, -read.Slope, said.ImprovementRate, 1e-12)
	require.Empty(t, r.Told("TRAINING_LOSS_ANOMALY", "REGRESSION_DETECTED"))
	daemon.RequireIdle()
	again := r.Daemon(Declare(declared()), 2)
	again.Round()
	again.RequireIdle()
	require.Len(t, r.Told("TRAINING_LOSS_TREND"), 1)
}

// Runs whose curves are odd, flat or have risen are told of, each for its own configuration, and a later run ends what was
// said of the one before.
func TestOddRunsAreToldOf(t *testing.T) {
	t.Parallel()
	k := killtest.New(t, Declare(declared()))
	daemon := k.Last()
	round := func() {
		t.Helper()
		require.NoError(t, daemon.Tick(t.Context()))
	}
	falling, spiked, risen := make([]float64, 40), make([]float64, 40), make([]float64, 40)
	for i := range falling {
		falling[i] = 2 - float64(i)*.04
		spiked[i] = 1 + float64(i%2)*.002
		risen[i] = falling[min(i, 20)]
	}
	spiked[30] = 5
	for i := 30; i < 40; i++ {
		risen[i] = falling[20] * 1.12
	}
	ended(k, config, "one", map[string][]float64{"train_loss": falling, "policy_accuracy": falling})
	ended(k, other, "two", map[string][]float64{"train_loss": spiked})
	round()
	round()
	require.Equal(t, []string{"one: improving", "two: flat"}, seen(k, func(e bus.TrainingLossTrend) string {
		return fmt.Sprintf("%s: %s", name(k, e.RunID), e.Trend)
	}))
	require.Equal(t, []string{"two 31"}, seen(k, func(e bus.TrainingLossAnomaly) string { return fmt.Sprintf("%s %d", name(k, e.RunID), e.Epoch) }))
	require.Equal(t, []string{other + " train_loss"}, plateausOf(k, "train_loss"))
	require.Equal(t, []string{config + " policy_accuracy critical"}, regressions(k), "of anything but losses more is better")

	ended(k, config, "three", map[string][]float64{"train_loss": risen})
	ended(k, config, "four", map[string][]float64{"train_loss": falling})
	round()
	require.Equal(t, []string{config + " policy_accuracy critical", config + " train_loss severe"}, regressions(k), "no run is left out")
	require.Equal(t, []string{config + " train_loss"}, seen(k, func(e bus.RegressionCleared) string { return e.ConfigKey + " " + e.Metric }))
	round()
	require.Len(t, regressions(k), 2)
}

// The ratings of the models that come of the training are a curve too.
func TestRatingsAreWatched(t *testing.T) {
	t.Parallel()
	k := killtest.New(t, Declare(declared()))
	daemon := k.Last()
	var rated []ledger.Rating
	rate := func(elo float64) {
		t.Helper()
		id := fmt.Sprintf("model-%d", len(rated))
		rated = append(rated, ledger.Rating{Participant: id, Rating: elo, Low: elo - 10, High: elo + 10})
		evaluate(k, id, rated)
		require.NoError(t, daemon.Tick(t.Context()))
	}
	for i := range 5 {
		rate(1500 + float64(i)*30)
	}
	require.Empty(t, regressions(k))
	rate(1500 + 4*30 - 40)
	found := seen(k, func(e bus.RegressionDetected) string {
		return fmt.Sprintf("%s %s %.0f of %.0f", e.Metric, e.Severity, *e.EloDrop, *e.BaselineElo)
	})
	require.Equal(t, []string{"rating moderate 40 of 1620"}, found)
	rate(1500 + 4*30 - 10)
	require.Len(t, seen(k, func(e bus.RegressionCleared) string { return e.Metric }), 1)
	for range 7 {
		rate(1610)
	}
	require.Empty(t, plateausOf(k, ratingMetric))
	rate(1610)
	rate(1610)
	require.Equal(t, []string{config + " rating"}, plateausOf(k, ratingMetric), "ten models and none is better")
}

// Killed again and again while runs end, it tells of each once.
func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	k := killtest.New(t, Declare(declared()))
	runs := 0
	flat := make([]float64, 15)
	for i := range flat {
		flat[i] = 1
	}
	finish := func() {
		runs++
		ended(k, config, fmt.Sprintf("run-%d", runs), map[string][]float64{"train_loss": flat})
	}
	finish()
	k.Look() // from here on each run counts
	for range 8 {
		k.Kill(finish)
	}
	k.Look()
	k.Look()
	told := seen(k, func(e bus.TrainingLossTrend) string { return name(k, e.RunID) })
	require.Len(t, told, runs)
	for i, run := range told {
		require.Equal(t, fmt.Sprintf("run-%d", i+1), run)
	}
	require.Len(t, plateausOf(k, "train_loss"), runs)
}

// ended is a run of a configuration that has ended and has told these curves.
func ended(k *killtest.Cluster, configKey, run string, told map[string][]float64) {
	k.Helper()
	report := jobs.Report{Curves: map[string][]jobs.Point{}}
	for metric, values := range told {
		for i, value := range values {
			report.Curves[metric] = append(report.Curves[metric], jobs.Point{Step: int64(i) + 1, Value: value})
		}
	}
	result, err := json.Marshal(report)
	require.NoError(k, err)
	submitted, err := k.Operator.SubmitJob(k.Context(), ledger.JobSpec{IdempotencyKey: run, Kind: "train", ConfigKey: configKey})
	require.NoError(k, err)
	complete(k, submitted.Job, result)
}

func seen[T bus.Payload](k *killtest.Cluster, show func(T) string) (all []string) {
	k.Helper()
	var zero T
	for _, event := range events(k, zero.EventName()) {
		payload, err := bus.Decode[T](event)
		require.NoError(k, err)
		all = append(all, show(payload))
	}
	return all
}

func regressions(k *killtest.Cluster) []string {
	k.Helper()
	return seen(k, func(e bus.RegressionDetected) string {
		return strings.Join([]string{e.ConfigKey, e.Metric, e.Severity}, " ")
	})
}

func plateausOf(k *killtest.Cluster, metric string) (all []string) {
	k.Helper()
	for _, one := range seen(k, func(e bus.PlateauDetected) string { return e.ConfigKey + " " + e.Metric }) {
		if strings.HasSuffix(one, " "+metric) {
			all = append(all, one)
		}
	}
	return all
}

// name is what a test calls a run.
func name(k *killtest.Cluster, run string) string {
	k.Helper()
	job, err := k.Ledger.Job(k.Context(), run)
	require.NoError(k, err)
	return job.IdempotencyKey
}
