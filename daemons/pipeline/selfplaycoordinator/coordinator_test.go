package selfplaycoordinator

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "SELFPLAY_COORDINATOR", Category: spec.CategoryPipeline, Runner: "create_selfplay_coordinator",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), Declare(Config{}).Spec)
}

// bundle is a coordinator between a real ledger and a real bus.
type bundle struct {
	t           *testing.T
	ledger      *ledger.Ledger
	operator    *ledger.Session
	client      *bus.Client
	coordinator *coordinator
	settings    Settings
	configs     []string
	unwanted    map[string]bool
	epoch       int64
	games       int
}

func setup(t *testing.T) *bundle {
	t.Helper()
	l := ledgertest.SQLite(t)
	b := &bundle{
		t: t, ledger: l, operator: l.Session("operator", 0), client: bustest.Start(t), configs: []string{"sq5_2p", "hex3_2p"},
		settings: Settings{Version: "v1", BudgetGames: 200, AheadGames: 1000, GamesPerJob: 50, FloorShare: .25, CapShare: .3, BootstrapGames: 100},
		unwanted: map[string]bool{},
	}
	b.restart()
	return b
}

// restart replaces the coordinator by a newer copy.
func (b *bundle) restart() {
	b.t.Helper()
	set, err := workload.NewSet(&workload.Workload{Manifest: &workload.Manifest{
		Name: "mini", Configs: []workload.Config{{Key: "sq5_2p", Players: 2}, {Key: "hex3_2p", Players: 2}},
		Harnesses: []workload.Harness{{ID: "search", Default: true}},
		Resources: map[workload.Command]workload.Resources{workload.Selfplay: {CPU: 1, MemMB: 128}},
	}})
	require.NoError(b.t, err)
	b.epoch++
	epoch := b.epoch
	b.coordinator = newCoordinator(Config{
		Workloads: set, Configs: func() []string { return b.configs }, Settings: func() Settings { return b.settings },
		Terms: func(key string) pipeline.Terms {
			return pipeline.Terms{Wanted: !b.unwanted[key], MinGames: 100, Bootstrap: 100}
		},
	}.withDefaults(), host.Runtime{
		Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Bus: b.client.Session(Type, "", epoch),
		Ledger: func(context.Context) (*ledger.Session, error) { return b.ledger.Session(string(Type), epoch), nil },
	})
}

// round lets the coordinator look once and returns the plan that holds then.
func (b *bundle) round() *selfplay.Plan {
	b.t.Helper()
	require.NoError(b.t, b.coordinator.Tick(b.t.Context()))
	plan, err := selfplay.Latest(b.t.Context(), b.ledger)
	require.NoError(b.t, err)
	return plan
}

func (b *bundle) play(config string, games int) {
	b.t.Helper()
	played := make([]ledger.Game, games)
	for i := range played {
		b.games++
		played[i] = ledger.Game{ID: fmt.Sprintf("g%d", b.games), Moves: 9, FinishedAt: time.Now()}
	}
	_, err := b.operator.RecordGames(b.t.Context(), ledger.GameFile{
		SHA256: fmt.Sprintf("%064x", b.games), ConfigKey: config, BatchID: fmt.Sprint(b.games), Node: "n1", Games: int64(games),
		LogicalDigest: strings.Repeat("a", 64),
	}, played)
	require.NoError(b.t, err)
}

// crown makes a model of a digit canonical.
func (b *bundle) crown(config, digit string, expect int64) {
	b.t.Helper()
	sum := strings.Repeat(digit, 64)
	_, err := b.operator.AddItem(b.t.Context(), ledger.Item{SHA256: sum, Role: "model", Name: config + "/" + sum + ".json", ConfigKey: config, Bytes: 10})
	require.NoError(b.t, err)
	model, err := b.operator.AddModel(b.t.Context(), ledger.Model{SHA256: sum, ConfigKey: config, Kind: "table", Bytes: 10, Workload: "mini", WorkloadVersion: "1"})
	require.NoError(b.t, err)
	_, err = b.operator.MovePointers(b.t.Context(), ledger.PointerMove{
		ConfigKey: config, Name: ledger.Canonical, ModelID: model.ID, Expect: expect, DecisionID: "d" + digit,
	})
	require.NoError(b.t, err)
}

func (b *bundle) told() int {
	b.t.Helper()
	return len(bustest.Events(b.t, b.client, "SELFPLAY_ALLOCATION_UPDATED"))
}

func config(plan *selfplay.Plan, key string) selfplay.PlanConfig {
	for _, one := range plan.Configs {
		if one.Key == key {
			return one
		}
	}
	return selfplay.PlanConfig{}
}

// Who has fewer games gets more of the budget, at least what its next dataset needs, and the budget is shared out whole.
func TestWhoHasLessGetsMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.BootstrapGames = 0
	b.play("sq5_2p", 90)
	plan := b.round()
	rich, poor := config(plan, "sq5_2p"), config(plan, "hex3_2p")
	require.Greater(t, poor.Weight, rich.Weight)
	require.Greater(t, poor.Stock, rich.Stock)
	require.GreaterOrEqual(t, rich.Stock, int64(100))
	require.InDelta(t, 1, rich.Weight+poor.Weight, 1e-9)
	require.Equal(t, selfplay.Scores([]selfplay.Features{rich.Score.Features, poor.Score.Features}, selfplay.Sharing{Floor: .25, Cap: .3}),
		[]selfplay.Score{*rich.Score, *poor.Score}, "the plan has all that its shares follow from")
	require.Nil(t, rich.Model, "the built-in player plays until there is a model")
}

// Another canonical model makes another plan at once, and plays in it; that nothing happens makes none.
func TestTheCanonicalModelPlays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.PlanInterval, b.settings.BootstrapGames = time.Hour, 0
	first := b.round()
	require.Equal(t, first, b.round(), "nothing has happened")
	b.crown("sq5_2p", "1", 0)
	second := b.round()
	require.Greater(t, second.ID, first.ID)
	require.Equal(t, strings.Repeat("1", 64), config(second, "sq5_2p").Model.SHA256.String())
	require.Equal(t, "another canonical model of sq5_2p", second.Reason)
	b.crown("sq5_2p", "2", 1)
	b.restart()
	third := b.round()
	require.Equal(t, strings.Repeat("2", 64), config(third, "sq5_2p").Model.SHA256.String())
	require.Equal(t, third, b.round())
	b.play("hex3_2p", 95)
	require.Equal(t, third, b.round(), "shares that move make no other plan before their time")
	b.settings.PlanInterval = 0
	require.Contains(t, b.round().Reason, "share of")
	require.Equal(t, 4, b.told())
}

// While too many evaluations are open less is played, at once and no longer than that.
func TestOpenEvaluationsSlowSelfplayDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.PlanInterval = time.Hour
	before := b.round()
	level := func(level string, open int64) {
		_, _, err := b.operator.SetLevel(t.Context(), pipeline.EvaluationQueue, level, open)
		require.NoError(t, err)
	}
	level(pipeline.EvaluationHigh, 9)
	eased := b.round()
	require.Equal(t, "too many evaluations are open", eased.Reason)
	for i, config := range eased.Configs {
		require.Less(t, config.Stock, before.Configs[i].Stock)
		require.GreaterOrEqual(t, config.Stock, int64(100), "its next dataset needs so many")
	}
	require.Equal(t, eased, b.round(), "nothing has happened")
	b.restart()
	level(pipeline.EvaluationCalm, 3)
	after := b.round()
	require.Equal(t, "evaluations are worked off again", after.Reason)
	require.Equal(t, before.Configs, after.Configs)
	require.Equal(t, 3, b.told())
}

// What nobody wants is not played, and a configuration that nobody offers is told of.
func TestOnlyWhatIsWantedIsPlayed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Len(t, b.round().Configs, 2)
	b.unwanted["sq5_2p"] = true
	b.configs = append(b.configs, "chess_2p")
	plan := b.round()
	require.Len(t, plan.Configs, 1)
	require.Equal(t, "other configurations", plan.Reason)
	require.Contains(t, b.coordinator.Health(t.Context()).Findings[0], `config "chess_2p" is offered by no workload`)
	b.unwanted["hex3_2p"] = true
	require.Empty(t, b.round().Configs)
	before := b.told()
	b.round()
	require.Equal(t, before, b.told(), "idle is quiet")
	require.Equal(t, "nothing is to be played", b.coordinator.Health(t.Context()).Message)
}
