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
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
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

// cluster is a rig with a model that was really evaluated.
type cluster struct {
	*pipelinetest.Rig
	settings  Settings
	evaluated pipeline.Evaluated
	// share and games are what the files of its games say of those against the baseline.
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
	parent := r.Bootstrap(config)
	iteration := r.Open(config)
	candidate := r.Train(config, iteration, r.Combine(config, iteration, r.Model(parent.ID), 100)).ModelID
	ended := evaluator.Carry(r.Order(config, iteration, spec.StageEvaluating))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	c := &cluster{Rig: r, evaluated: pipelinetest.Result[pipeline.Evaluated](r, config, iteration, spec.StageEvaluating)}
	require.Equal(t, candidate, c.evaluated.ModelID)
	c.recount()
	return c
}

// recount reads from the files of the games what came of those against the baseline.
func (c *cluster) recount() {
	c.Helper()
	points := 0.0
	for _, game := range c.Games(c.Left(c.Report(c.evaluated.JobID), workload.RoleGames)) {
		var seats []string
		require.NoError(c, json.Unmarshal([]byte(game.Participants.String), &seats))
		baseline := slices.Index(seats, promotion.Heuristic)
		if baseline < 0 {
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
			return pipeline.Terms{Targets: pipeline.Targets{Harness: c.evaluated.Harness}}
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

// A model in office that wins too little is told of once, with what the files of its games say; when it becomes worse that
// is told, and so is that it has left.
func TestWeakModelsInOfficeAreToldOf(t *testing.T) {
	t.Parallel()
	c := setup(t)
	first, weak := c.Canonical(config).ModelID, c.evaluated.ModelID
	c.settings = Settings{DegradedShare: c.share + .1, SevereShare: c.share - .01, Cooldown: time.Hour}
	daemon := c.daemon(1)
	daemon.Round()
	require.Empty(t, events[bus.RegressionDetected](c), "a candidate holds no office")
	require.Contains(t, daemon.Health().Findings[0], "incomplete: the canonical model "+first, "and of generation 0 nothing is known")

	c.crown(weak)
	daemon.Round()
	daemon.RequireIdle()
	all := events[bus.RegressionDetected](c)
	require.Len(t, all, 1)
	require.Equal(t, []any{weak, "moderate", "heuristic_share", "rollback", c.games, 1},
		[]any{all[0].ModelID, all[0].Severity, all[0].Metric, all[0].RecommendedAction, all[0].GamesPlayed, all[0].Consecutive})
	require.InDelta(t, .1, *all[0].WinRateDrop, 1e-9)
	require.Contains(t, daemon.Health().Findings[0], "moderate: the canonical model "+weak)
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

	c.crown(first)
	again.Round()
	over := events[bus.RegressionCleared](c)
	require.Len(t, over, 1)
	require.Equal(t, []any{weak, weak + " is no longer canonical"}, []any{over[0].ModelID, over[0].Reason})

	c.crown(weak)
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

// The model in production is watched too, and only once if it is canonical as well.
func TestProductionIsWatched(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.settings = Settings{DegradedShare: 1, SevereShare: .999}
	weak := c.evaluated.ModelID
	_, err := c.Session.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: config, Name: ledger.Production, ModelID: weak, DecisionID: "operator"})
	require.NoError(t, err)
	daemon := c.daemon(1)
	daemon.Round()
	c.crown(weak)
	daemon.Round()
	all := events[bus.RegressionDetected](c)
	require.Len(t, all, 1)
	require.Equal(t, config+"/production/1", all[0].Evidence)
}
