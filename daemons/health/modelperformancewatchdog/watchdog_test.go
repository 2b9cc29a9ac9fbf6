package modelperformancewatchdog

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/daemons/pipeline/tournamentdaemon"
	"github.com/ringrift/orchestrator/daemons/queue/queuepopulator"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

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
		Type: "MODEL_PERFORMANCE_WATCHDOG", Category: spec.CategoryHealth, Runner: "create_model_performance_watchdog",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), Declare(Config{}).Spec)
}

// cluster is a rig with generation 0 and the model that was trained from it, which have met each other and the baselines
// in an evaluation and in a tournament.
type cluster struct {
	*pipelinetest.Rig
	settings      Settings
	harness       string
	first, second string
	// share and games are what the files of the tournament say of the games of the first one against the baseline.
	share float64
	games int64
}

func setup(t *testing.T) *cluster {
	t.Helper()
	r := pipelinetest.New(t, &mini)
	policy := promotion.DefaultPolicy()
	policy.Name = "quick"
	policy.RequiredGames, policy.PlayedGames = promotion.ByPlayers[int64]{Two: 32, Three: 32, Four: 32}, promotion.ByPlayers[int64]{Two: 40, Three: 40, Four: 40}
	policy.Floor, policy.BootstrapFloor = promotion.ByPlayers[float64]{Two: .6, Three: .3, Four: .25}, promotion.ByPlayers[float64]{Two: .4, Three: .3, Four: .2}
	policy.RateGames, policy.SPRT.MaxGames = 0, 200
	evaluator := r.Daemon(evaluation.Declare(evaluation.Config{
		Workloads: r.Workloads, Settings: func() evaluation.Settings { return evaluation.Settings{Policy: policy} },
	}), 1)
	c := &cluster{Rig: r, first: r.Bootstrap(config).ID}
	iteration := r.Open(config)
	c.second = r.Train(config, iteration, r.Combine(config, iteration, r.Model(c.first), 200)).ModelID
	ended := evaluator.Carry(r.Order(config, iteration, spec.StageEvaluating))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	c.harness = pipelinetest.Result[pipeline.Evaluated](r, config, iteration, spec.StageEvaluating).Harness
	c.crown(c.second)
	c.recount(c.tournament())
	return c
}

// tournament has the two play each other and the baselines.
func (c *cluster) tournament() tournament.Result {
	c.Helper()
	daemon := c.Daemon(tournamentdaemon.Declare(tournamentdaemon.Config{
		Workloads: c.Workloads, Settings: func() tournamentdaemon.Settings {
			return tournamentdaemon.Settings{GamesPerPair: 40, CalibrationInterval: -1}
		},
	}), 1)
	daemon.Round()
	c.Daemon(queuepopulator.Declare(queuepopulator.Config{}), 1).Round()
	c.RunJobs()
	daemon.Round()
	results, err := tournament.Results(c.Context(), c.Ledger, config, 1)
	require.NoError(c, err)
	require.True(c, results[0].Counts, results[0].Reason)
	require.Equal(c, c.harness, results[0].Harness)
	return results[0]
}

// recount reads from the files of the games what came of those of the first model against the baseline.
func (c *cluster) recount(played tournament.Result) {
	c.Helper()
	points := 0.0
	for _, game := range c.Games(c.Left(c.Report(played.JobID), workload.RoleGames)) {
		var seats []string
		require.NoError(c, json.Unmarshal([]byte(game.Participants.String), &seats))
		baseline := slices.Index(seats, promotion.Heuristic)
		if baseline < 0 || !slices.Contains(seats, c.first) {
			continue
		}
		c.games++
		switch {
		case !game.Winner.Valid:
			points += .5
		case int(game.Winner.Int64)-1 != baseline:
			points++
		}
	}
	require.EqualValues(c, 40, c.games)
	c.share = points / float64(c.games)
}

func (c *cluster) daemon(epoch int64) *pipelinetest.Daemon {
	return c.Daemon(Declare(Config{
		Configs:  func() []string { return []string{config} },
		Settings: func() Settings { return c.settings },
		Terms: func(string) pipeline.Terms {
			return pipeline.Terms{Targets: pipeline.Targets{Harness: c.harness}}
		},
	}), epoch)
}

// crown makes a model canonical.
func (c *cluster) crown(model string) {
	c.Helper()
	sequence := c.Canonical(config).Sequence
	_, err := c.Session.MovePointers(c.Context(), ledger.PointerMove{
		ConfigKey: config, Name: ledger.Canonical, ModelID: model, Expect: sequence, DecisionID: fmt.Sprintf("operator-%d", sequence),
	})
	require.NoError(c, err)
}

func events[T bus.Payload](c *cluster) (all []T) {
	c.Helper()
	var zero T
	for _, event := range c.Told(zero.EventName()) {
		payload, err := bus.Decode[T](event)
		require.NoError(c, err)
		all = append(all, payload)
	}
	return all
}

// A weak model that is the best there is gives no alarm. One that a better one has been replaced by is told of once, with
// what the files of its games say; when it becomes worse that is told, and so is that it has left.
func TestWeakModelsInOfficeAreToldOf(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.settings = Settings{DegradedShare: 1, SevereShare: .999, Cooldown: time.Hour}
	daemon := c.daemon(1)
	daemon.Round()
	daemon.RequireIdle()
	require.Empty(t, events[bus.RegressionDetected](c), "what it has learned from is not better")
	require.Contains(t, daemon.Health().Findings[0], "information: the canonical model "+c.second)
	require.Contains(t, daemon.Health().Findings[0], "no alarm: of 1 models that were canonical before")

	c.settings = Settings{DegradedShare: c.share + .1, SevereShare: 0, Cooldown: time.Hour}
	c.crown(c.first)
	daemon.Round()
	daemon.RequireIdle()
	all := events[bus.RegressionDetected](c)
	require.Len(t, all, 1)
	require.Equal(t, []any{c.first, "moderate", "heuristic_share", "rollback", c.games, 1},
		[]any{all[0].ModelID, all[0].Severity, all[0].Metric, all[0].RecommendedAction, all[0].GamesPlayed, all[0].Consecutive})
	require.InDelta(t, .1, *all[0].WinRateDrop, 1e-9)
	require.Contains(t, all[0].Reason, c.second+", which was canonical before and could be put back, is better: it has won")
	require.Contains(t, daemon.Health().Findings[0], "moderate: the canonical model "+c.first)
	require.Equal(t, spec.HealthOK, daemon.Health().Status)

	again := c.daemon(2)
	again.Round()
	again.RequireIdle()
	require.Len(t, events[bus.RegressionDetected](c), 1, "another copy knows what was told")

	c.settings.SevereShare = c.share + .05
	again.Round()
	all = events[bus.RegressionDetected](c)
	require.Len(t, all, 2, "worse is told at once")
	require.Equal(t, "severe", all[1].Severity)

	c.crown(c.second)
	again.Round()
	over := events[bus.RegressionCleared](c)
	require.Len(t, over, 1)
	require.Equal(t, []any{c.first, c.first + " is no longer canonical"}, []any{over[0].ModelID, over[0].Reason})

	c.crown(c.first)
	again.Round()
	require.Len(t, events[bus.RegressionDetected](c), 2, "within the cooldown")
	c.settings.Cooldown = 0
	again.Round()
	require.Len(t, events[bus.RegressionDetected](c), 3, "what was held back arrives")
	c.settings.DegradedShare, c.settings.SevereShare = c.share, 0
	again.Round()
	require.Len(t, events[bus.RegressionCleared](c), 2)
	require.Empty(t, again.Health().Findings)
}

// An alarm about a model ends when the better one is in quarantine: there is nothing that could be put back.
func TestOnlyWhoCouldReturnIsMissed(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.settings = Settings{DegradedShare: 1, SevereShare: 0}
	c.crown(c.first)
	daemon := c.daemon(1)
	daemon.Round()
	require.Len(t, events[bus.RegressionDetected](c), 1)
	_, _, err := c.Session.Decide(t.Context(), ledger.Decision{
		Kind: pipeline.DecisionQuarantine, Key: c.second, ConfigKey: config, Verdict: "rolled_back", Inputs: json.RawMessage("{}"),
	})
	require.NoError(t, err)
	daemon.Round()
	over := events[bus.RegressionCleared](c)
	require.Len(t, over, 1)
	require.Contains(t, over[0].Reason, "no alarm: of 0 models")
	require.Contains(t, daemon.Health().Findings[0], "information: the canonical model "+c.first)
}

// The model in production is watched too, and only once if it is canonical as well.
func TestProductionIsWatched(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.settings = Settings{DegradedShare: 1, SevereShare: .999}
	for sequence, model := range []string{c.second, c.first} {
		_, err := c.Session.MovePointers(t.Context(), ledger.PointerMove{
			ConfigKey: config, Name: ledger.Production, ModelID: model, Expect: int64(sequence), DecisionID: "operator-" + model,
		})
		require.NoError(t, err)
	}
	daemon := c.daemon(1)
	daemon.Round()
	c.crown(c.first)
	daemon.Round()
	all := events[bus.RegressionDetected](c)
	require.Len(t, all, 1)
	require.Equal(t, config+"/production/1", all[0].Evidence)
}

// The test of specs/04: models that were evaluated at .60, .50 and .40 follow each other, and .60 comes back.
func TestEachStepDownIsToldOf(t *testing.T) {
	t.Parallel()
	c := &cluster{Rig: pipelinetest.New(t, &mini), harness: harness, settings: Settings{DegradedShare: .55, SevereShare: .45}}
	c.Bootstrap(config)
	daemon := c.daemon(1)
	daemon.Round()
	require.Contains(t, daemon.Health().Findings[0], "incomplete: the canonical model", "of generation 0 nothing is known")
	good := played(t, c.Session, "1", 240, 400)
	for _, model := range []string{good, played(t, c.Session, "2", 200, 400), played(t, c.Session, "3", 160, 400), good} {
		c.crown(model)
		daemon.Round()
	}
	var severities []string
	for _, one := range events[bus.RegressionDetected](c) {
		severities = append(severities, one.Severity)
	}
	require.Equal(t, []string{moderate, severe}, severities)
	require.Len(t, events[bus.RegressionCleared](c), 2, "each that has left")
	require.Empty(t, daemon.Health().Findings)
}
