package continuoustrainingloop_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/daemons/pipeline/continuoustrainingloop"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/loops"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

const (
	patience = 120 * time.Second
	games    = 5
	// Where a copy that is to be killed finds the server.
	addressVariable, namespaceVariable = "LOOP_TEMPORAL", "LOOP_NAMESPACE"
)

var server testkit.SharedServer

// rig is the daemon beside training loops that a real Temporal server runs. The test plays DATA_PIPELINE and the owners of
// the stages.
type rig struct {
	*killtest.Cluster
	temporal client.Client
	watch    *loops.Watch
	board    loops.Board
	// consolidated is what CONSOLIDATING leaves.
	consolidated pipeline.Consolidated
	stuck        bool // nobody carries anything out
	played       int
}

// setup does not return in a copy that is to be killed.
func setup(t *testing.T, config continuoustrainingloop.Config) *rig {
	t.Helper()
	var temporal client.Client
	if address := os.Getenv(addressVariable); address != "" {
		dialled, err := client.NewLazyClient(client.Options{HostPort: address, Namespace: os.Getenv(namespaceVariable)})
		require.NoError(t, err)
		temporal = dialled
	} else {
		var namespace string
		namespace, temporal = server.Namespace(t)
		t.Setenv(addressVariable, server.Address())
		t.Setenv(namespaceVariable, namespace)
	}
	config.Pipelines, config.Cooldown, config.DeferPause = control.NewPipelines(temporal), time.Millisecond, time.Millisecond
	c := killtest.New(t, continuoustrainingloop.Declare(config))
	r := &rig{Cluster: c, temporal: temporal, watch: loops.NewWatch(c.Bus, later()), board: loops.NewBoard(c.Bus.Session("", "", 0))}
	r.consolidated = pipeline.Consolidated{Games: games}
	pipelinetest.RunLoops(t, r.temporal, r.Ledger, r.Bus, r.terms)
	return r
}

// later is a clock by which every look is long after the one before.
func later() func() time.Time {
	at := time.Now()
	return func() time.Time {
		at = at.Add(time.Hour)
		return at
	}
}

// terms are those of a cluster whose thresholds want nothing: what is trained, a loop wants.
func (r *rig) terms(key string) pipeline.Terms {
	terms := pipeline.Terms{MinGames: 1000, Bootstrap: 1000, Targets: pipeline.Targets{Iterations: 20}, Rules: spec.PipelineRules{
		CircuitPause: time.Second, CircuitMax: time.Second,
		Stages: []spec.StageRule{
			{Stage: spec.StageCollecting},
			{Stage: spec.StageConsolidating, Attempts: 2, Deadline: time.Hour},
			{Stage: spec.StageTraining, Attempts: 2, Deadline: time.Hour},
			{Stage: spec.StageDeciding, Attempts: 2, Deadline: time.Hour},
		},
	}}
	if wanted := r.watch.Wanted()[key]; wanted.Iteration > 0 {
		terms = terms.For(wanted.Iteration, wanted.Games)
	}
	return terms
}

// world does what the rest of the cluster does, once: games are played, workflows are told, stages carried out.
func (r *rig) world() {
	r.Helper()
	for key := range r.watch.Wanted() {
		facts, err := pipeline.Observe(r.Context(), r.Ledger, key, r.terms(key))
		require.NoError(r, err)
		if facts.Wanted && facts.NewGames == 0 && !r.stuck {
			r.play(key)
		}
		require.NoError(r, control.NewPipelines(r.temporal).Tell(r.Context(), key, facts))
	}
	orders, err := r.Ledger.OpenStages(r.Context(), "")
	require.NoError(r, err)
	for _, order := range orders {
		if !r.stuck {
			r.carryOut(order)
		}
	}
}

func (r *rig) play(key string) {
	r.Helper()
	played := make([]ledger.Game, games)
	for i := range played {
		r.played++
		played[i] = ledger.Game{ID: fmt.Sprintf("g%d", r.played), Moves: 9, FinishedAt: time.Now()}
	}
	_, err := r.Operator.RecordGames(r.Context(), ledger.GameFile{
		SHA256: fmt.Sprintf("%064x", r.played), ConfigKey: key, BatchID: fmt.Sprint(r.played), Node: "n1", Games: games, LogicalDigest: strings.Repeat("a", 64),
	}, played)
	require.NoError(r, err)
}

// carryOut ends an order in the name of its owner, with what that tells.
func (r *rig) carryOut(order ledger.Stage) {
	r.Helper()
	config, model := bus.ConfigOf(order.ConfigKey), fmt.Sprintf("model-%s-%d", order.ConfigKey, order.Iteration)
	before, after := 1500.0, 1500+float64(order.Iteration)
	var result any
	var told bus.Payload
	switch spec.Stage(order.Stage) {
	case spec.StageConsolidating:
		result, told = r.consolidated, bus.ConsolidationComplete{StageWork: pipeline.WorkOf(order, "job"), GamesMerged: r.consolidated.Games, Verdict: string(r.consolidated.Verdict)}
	case spec.StageTraining:
		result = pipeline.Trained{ModelID: model, DatasetID: "dataset-" + model}
		told = bus.TrainingCompleted{
			TrainingRun: bus.TrainingRun{Config: config, RunID: "run-" + model, Iteration: order.Iteration, Attempt: 1, DatasetID: "dataset-" + model, ParentModelID: "parent"},
			ModelID:     model, ModelPath: "model/" + model, SHA256: strings.Repeat("b", 64),
		}
	case spec.StageDeciding:
		result = pipeline.Decided{Verdict: spec.VerdictPromoted, ModelID: model, PromotionID: "promotion-" + model}
		told = bus.PromotionCompleted{
			Promotion: bus.Promotion{Config: config, PromotionID: "promotion-" + model, ModelID: model}, Success: true, EstimatedElo: &after, PreviousElo: &before,
		}
	}
	session := r.Bus.Session("OWNER", "", 0)
	event, err := session.Event(told)
	require.NoError(r, err)
	event.ConfigKey, event.CorrelationID = order.ConfigKey, pipeline.IterationID(order.ConfigKey, order.Iteration)
	require.NoError(r, session.PublishEvent(r.Context(), event))
	text, err := json.Marshal(result)
	require.NoError(r, err)
	_, err = r.Operator.EndStage(r.Context(), order.StageKey, order.Attempt, ledger.StageEnd{State: ledger.StageDone, Result: text})
	require.NoError(r, err)
}

// until lets a copy of the daemon and the world work until something holds of a loop.
func (r *rig) until(daemon host.Ticker, id, what string, holds func(loops.Loop) bool) (loop loops.Loop) {
	r.Helper()
	require.Eventually(r, func() bool {
		require.NoError(r, daemon.Tick(r.Context()))
		r.world()
		loop = r.loop(id)
		return holds(loop)
	}, patience, 20*time.Millisecond, what)
	return loop
}

func (r *rig) loop(id string) loops.Loop {
	r.Helper()
	all, err := r.board.List(r.Context())
	require.NoError(r, err)
	for _, loop := range all {
		if loop.ID == id {
			return loop
		}
	}
	require.FailNow(r, "no such loop", id)
	return loops.Loop{}
}

func (r *rig) order(id string, iterations int64, configs ...string) {
	r.Helper()
	require.NoError(r, r.board.Order(r.Context(), loops.Loop{
		ID: id, Configs: configs, Iterations: iterations, Games: games, OrderedBy: "test", OrderedAt: time.Now(),
	}))
}

func over(loop loops.Loop) bool { return loop.Over() }

// records are those that were told, in their order.
func (r *rig) records() (all []bus.LoopIterationCompleted) {
	r.Helper()
	for _, event := range bustest.Events(r, r.Bus, "LOOP_ITERATION_COMPLETED") {
		said, err := bus.Decode[bus.LoopIterationCompleted](event)
		require.NoError(r, err)
		all = append(all, said)
	}
	return all
}

// requireClosed sees to it that a configuration had so many iterations, and that no other one begins.
func (r *rig) requireClosed(key string, iterations int64) {
	r.Helper()
	for range 5 {
		r.world()
	}
	last, found, err := r.Ledger.LastIteration(r.Context(), key)
	require.NoError(r, err)
	require.True(r, found)
	require.Equal(r, iterations, last.Number)
	require.False(r, last.EndedAt.IsZero())
}

func TestRowIsTheReferences(t *testing.T) {
	require.Equal(t, spec.Daemon{
		Type: "CONTINUOUS_TRAINING_LOOP", Category: spec.CategoryPipeline, Runner: "create_continuous_training_loop",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: 5, Scope: spec.ScopeNode, Roles: []spec.Role{spec.RoleTraining},
		StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), continuoustrainingloop.Declare(continuoustrainingloop.Config{}).Spec)
}

// Configurations take turns, each iteration is recorded as the ledger has it, and the loop ends by itself.
func TestALoopGoesThroughItsIterations(t *testing.T) {
	r := setup(t, continuoustrainingloop.Config{})
	r.order("night", 2, "sq5_2p", "hex3_2p")
	daemon := r.Last()
	loop := r.until(daemon, "night", "the loop ends", over)
	require.Equal(t, loops.Completed, loop.State)
	require.EqualValues(t, 4, loop.Turns)
	require.Nil(t, loop.Turn)
	records := r.records()
	require.Len(t, records, 4)
	for i, record := range records {
		require.Equal(t, []string{"sq5_2p", "hex3_2p"}[i%2], record.ConfigKey)
		require.EqualValues(t, i/2+1, record.Iteration)
		require.EqualValues(t, i+1, record.Turn)
		trained, err := pipeline.Result[pipeline.Trained](t.Context(), r.Ledger, record.ConfigKey, record.Iteration, spec.StageTraining)
		require.NoError(t, err)
		require.Equal(t, []any{trained.ModelID, trained.DatasetID, string(spec.VerdictPromoted), true, int64(games)},
			[]any{record.ModelID, record.DatasetID, record.Verdict, record.Promoted, record.Games})
		require.InDelta(t, 1500, *record.EloBefore, 0)
		require.InDelta(t, 1500+float64(record.Iteration), *record.EloAfter, 0)
		require.Positive(t, record.DurationSeconds)
	}
	r.requireClosed("sq5_2p", 2)
	r.requireClosed("hex3_2p", 2)
	require.NoError(t, daemon.Tick(t.Context()))
	require.Len(t, r.records(), 4)
	require.Equal(t, spec.HealthOK, daemon.(host.Checker).Health(t.Context()).Status)
}

// Copies that are killed again and again go through as many iterations as were ordered, and record each once.
func TestSurvivesKill(t *testing.T) {
	r := setup(t, continuoustrainingloop.Config{})
	r.order("night", 3, "sq5_2p")
	for range 8 {
		r.Kill(r.world)
	}
	require.EqualValues(t, 3, r.until(r.Last(), "night", "the loop ends", over).Turns)
	require.Len(t, r.records(), 3)
	r.requireClosed("sq5_2p", 3)
}

// Iterations that come to nothing do not count, and after three in a row the loop rests for a while.
func TestIterationsThatComeToNothing(t *testing.T) {
	r := setup(t, continuoustrainingloop.Config{Backoff: 3 * time.Second})
	r.order("night", 1, "sq5_2p")
	r.consolidated.Verdict = spec.VerdictTooFew
	daemon := r.Last()
	loop := r.until(daemon, "night", "it backs off", func(loop loops.Loop) bool { return loop.State == loops.BackingOff })
	require.EqualValues(t, 3, loop.Failures)
	require.Zero(t, loop.Turns)
	require.False(t, loop.ResumeAt.IsZero())
	require.Contains(t, loop.Reason, "has ended as too_few")
	require.Empty(t, r.records())
	r.consolidated.Verdict = ""
	loop = r.until(daemon, "night", "the loop ends", over)
	require.Zero(t, loop.Failures)
	require.Len(t, r.records(), 1)
	require.Greater(t, r.records()[0].Iteration, int64(3))
}

// A loop waits for an older one with the same configuration, an iteration that is late is told of, and an operator's stop
// holds at once.
func TestLoopsWaitAndStop(t *testing.T) {
	r := setup(t, continuoustrainingloop.Config{Limit: time.Millisecond})
	r.stuck = true
	r.order("first", 0, "sq5_2p")
	daemon := r.Last()
	r.until(daemon, "first", "its turn has begun", func(loop loops.Loop) bool { return loop.Turn != nil && loop.Turn.Late > 1 })
	require.Equal(t, spec.HealthDegraded, daemon.(host.Checker).Health(t.Context()).Status)
	r.order("second", 1, "sq5_2p")
	require.Equal(t, "loop first works on sq5_2p", r.until(daemon, "second", "it waits", func(loop loops.Loop) bool { return loop.State == loops.Deferred }).Reason)
	r.stuck = false
	r.until(daemon, "first", "one without end goes on", func(loop loops.Loop) bool { return loop.Turns >= 2 })
	_, err := r.board.Change(t.Context(), "first", func(loop loops.Loop) loops.Loop { return loop.End(loops.Stopped, "test", time.Now()) })
	require.NoError(t, err)
	require.Equal(t, loops.Completed, r.until(daemon, "second", "it has its turn", over).State)
	require.Equal(t, loops.Stopped, r.loop("first").State)
	require.ErrorIs(t, r.board.Order(t.Context(), loops.Loop{ID: "second", Configs: []string{"hex3_2p"}}), loops.ErrExists)
}
