package feedbackloop_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/feedback/feedbackloop"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const (
	config   = pipelinetest.Config
	patience = 60 * time.Second
)

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

func declareBy(policy feedback.Policy) host.Declaration {
	return feedbackloop.Declare(feedbackloop.Config{
		Configs: func() []string { return []string{config} }, Policy: func() feedback.Policy { return policy },
	})
}

func declare(*pipelinetest.Rig) host.Declaration { return declareBy(feedback.DefaultPolicy()) }

func latest(r *pipelinetest.Rig) feedback.Plan {
	r.Helper()
	plan, err := feedback.Latest(r.Context(), r.Ledger, config)
	require.NoError(r, err)
	return plan
}

// recompute makes the stored plan anew from what is stored with it.
func recompute(r *pipelinetest.Rig, plan feedback.Plan) {
	r.Helper()
	stored, err := r.Ledger.Decision(r.Context(), "training_plan", plan.Version)
	require.NoError(r, err)
	var by struct {
		Evidence feedback.Evidence `json:"evidence"`
		Policy   feedback.Policy   `json:"policy"`
	}
	require.NoError(r, json.Unmarshal(stored.Inputs, &by))
	again := feedback.Derive(by.Evidence, by.Policy, plan.MadeAt)
	require.Equal(r, plan.Values, again.Values)
	require.Equal(r, plan.Why(), again.Why())
}

// told are the versions that were told, in order.
func told(r *pipelinetest.Rig) (versions []string) {
	r.Helper()
	for _, event := range r.Told("TRAINING_PLAN_UPDATED") {
		said, err := bus.Decode[bus.TrainingPlanUpdated](event)
		require.NoError(r, err)
		require.NotEmpty(r, said.Causes)
		versions = append(versions, said.PlanVersion)
	}
	return versions
}

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "FEEDBACK_LOOP", Category: spec.CategoryFeedback, Runner: "create_feedback_loop", DependsOn: []spec.Type{"EVENT_ROUTER"},
		HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5, Critical: true, Scope: spec.ScopeCluster, StartupPosition: 3,
		Status: spec.StatusAvailable,
	}.WithDefaults(), feedbackloop.Declare(feedbackloop.Config{}).Spec)
}

// A configuration begins with the neutral plan, and each iteration ends with one that knows of it.
func TestIterationsEndWithAPlan(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	daemon.Round()
	first := latest(r)
	require.Equal(t, config+"/000001", first.Version)
	require.Equal(t, feedback.Neutral(), first.Values)
	require.Equal(t, []string{"nothing was decided on yet: everything is as the settings say"}, first.Why())

	iteration := r.Open(config)
	r.FinishStage(config, iteration, spec.StageTraining, pipeline.Trained{ModelID: "m", PlanVersion: first.Version})
	r.Decide(config, iteration, spec.VerdictRejected, 5)
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, iteration, spec.StageFeedback)).State)
	fed := pipelinetest.Result[pipeline.Fed](r, config, iteration, spec.StageFeedback)
	second := latest(r)
	require.Equal(t, pipeline.Fed{PlanBefore: first.Version, PlanVersion: config + "/000002", Causes: second.Why()}, fed)
	require.InDelta(t, .5, second.Values.LearningRate, 1e-3)
	require.InDelta(t, 1.5, second.Values.BatchSize, 1e-3)
	require.InDelta(t, 1.2, second.Values.Exploration, 1e-3)
	require.EqualValues(t, 500, second.Values.ExtraGames)
	recompute(r, second)
	r.Close(config, iteration, spec.VerdictRejected)

	next := r.Open(config) // nothing was decided on: the plan stays
	require.Equal(t, ledger.StageDone, daemon.Carry(r.Order(config, next, spec.StageFeedback)).State)
	require.Equal(t, second.Version, pipelinetest.Result[pipeline.Fed](r, config, next, spec.StageFeedback).PlanVersion)
	require.Equal(t, []string{first.Version, second.Version}, told(r))
	daemon.RequireIdle()
}

// What the stages of an iteration have left counts, as far as it is known.
func TestStagesAreRead(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	iteration := r.Open(config)
	r.FinishStage(config, iteration, spec.StageConsolidating, pipeline.Consolidated{Games: 20, Invalid: 20})
	daemon.Round()
	require.Equal(t, feedback.Neutral(), latest(r).Values, "of so few games nothing follows")
	for range 2 {
		order := r.Order(config, iteration, spec.StageTraining)
		_, err := r.Session.EndStage(t.Context(), order.StageKey, order.Attempt, ledger.StageEnd{State: ledger.StageFailed, ErrorClass: "diverged", Error: "NaN"})
		require.NoError(t, err)
	}
	daemon.Round()
	require.InDelta(t, .25, latest(r).Values.LearningRate, 1e-3, "two trainings have diverged")
	r.Close(config, iteration, spec.VerdictTrained)

	bad := r.Open(config)
	r.FinishStage(config, bad, spec.StageConsolidating, pipeline.Consolidated{Games: 10, Invalid: 40})
	daemon.Round()
	paused := latest(r)
	require.True(t, paused.Paused())
	require.Contains(t, paused.Why()[0], "20 % of the last 50 games are valid")
	facts, err := pipeline.Observe(t.Context(), r.Ledger, config, pipeline.Terms{Wanted: true})
	require.NoError(t, err)
	require.Contains(t, facts.Held, "plan "+paused.Version+" holds the training")
	require.Contains(t, daemon.Health().Findings[0], "holds the training")
	recompute(r, paused)
}

// What others propose comes by the bus, counts once, and is weighed against the rest.
func TestProposalsAreWeighed(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	subscriber := daemon.Ticker.(host.Subscriber)
	subscription, err := r.Bus.Session("FEEDBACK_LOOP", "", 1).Subscribe(t.Context(), subscriber.Subscriptions(), subscriber.Handle)
	require.NoError(t, err)
	defer subscription.Close()
	about := func(evidence string) bus.Proposal {
		return bus.Proposal{Config: bus.ConfigOf(config), Reason: "because of " + evidence, Evidence: evidence}
	}
	gauntlet := r.Bus.Session("GAUNTLET_FEEDBACK", "", 0)
	publish := func(payload bus.Payload) { require.NoError(t, gauntlet.Publish(t.Context(), payload)) }
	publish(bus.HyperparameterUpdated{Proposal: about("e1"), Parameter: "epochs", OldValue: 1, NewValue: 1.5})
	publish(bus.SelfplayTargetUpdated{Proposal: about("e1"), ExtraGames: 300})
	proposals := func(count int) []feedback.Proposal {
		t.Helper()
		var found []feedback.Proposal
		require.Eventually(t, func() bool {
			found, err = feedback.Proposals(t.Context(), r.Ledger, config)
			return err == nil && len(found) == count
		}, patience, 10*time.Millisecond)
		return found
	}
	proposals(2)
	daemon.Round()
	plan := latest(r)
	require.InDelta(t, 1.5, plan.Values.Epochs, 1e-3)
	require.InDelta(t, 300, float64(plan.Values.ExtraGames), 1)

	publish(bus.RegressionDetected{Proposal: about("e2"), Metric: "elo", Severity: "critical", Consecutive: 3})
	noted := proposals(3)
	for _, one := range noted { // whoever notes it again, it is one
		require.NoError(t, feedback.Note(t.Context(), func(context.Context) (*ledger.Session, error) { return r.Session, nil },
			bus.Event{ID: one.ID, Name: one.Name, OccurredAt: one.At, Payload: one.Payload}))
	}
	proposals(3)
	daemon.Round()
	paused := latest(r)
	require.True(t, paused.Paused())
	require.InDelta(t, 1.5, paused.Values.Epochs, 1e-3, "nobody contradicts that")
	require.Len(t, paused.Why(), 4, "all are told: %s", paused.Why())
	publish(bus.RegressionCleared{Proposal: about("e3"), Metric: "elo"})
	proposals(4)
	daemon.Round()
	require.False(t, latest(r).Paused())
	recompute(r, latest(r))
}

// A proposal that cannot be noted now comes again; one that names no configuration never was one.
func TestProposalsWaitForTheLedger(t *testing.T) {
	t.Parallel()
	event, err := bus.NewEvent(bus.RegressionCleared{
		Proposal: bus.Proposal{Config: bus.ConfigOf(config), Reason: "r", Evidence: "e"}, Metric: "elo",
	}, bus.Origin{Source: "TEST"})
	require.NoError(t, err)
	away := func(context.Context) (*ledger.Session, error) {
		return nil, host.Dependency(errors.New("the ledger is away"))
	}
	require.ErrorIs(t, feedback.Note(t.Context(), away, event), bus.ErrUnavailable)
	event.Name = "PIPELINE_STAGE_CHANGED"
	require.NoError(t, feedback.Note(t.Context(), away, event), "it proposes nothing")
}

// A boost fades without any event, in steps that are worth one, until nothing of it is left.
func TestBoostsFade(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	policy := feedback.DefaultPolicy()
	policy.HalfLife = time.Second
	daemon := r.Daemon(declareBy(policy), 1)
	r.Decide(config, r.Open(config), spec.VerdictRejected, 20)
	daemon.Round()
	require.Greater(t, latest(r).Values.Exploration, 1.0)
	require.Eventually(t, func() bool {
		daemon.Round()
		now, err := r.Ledger.Now(t.Context())
		require.NoError(t, err)
		return latest(r).At(now).Values == feedback.Neutral()
	}, patience, 50*time.Millisecond)
	require.Less(t, latest(r).Number, int64(20), "not every tick makes a plan")
}

// A training that is held for long is worth a look, however many plans hold it.
func TestLongPausesAreSeen(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	daemon.Round()
	paused := feedback.Plan{Version: "hex3_2p/000001", ConfigKey: "hex3_2p", MadeAt: time.Now().Add(-2 * time.Hour), ExpiresAt: time.Now().Add(time.Hour)}
	feedbackloop.Keep(daemon.Ticker, paused)
	paused.Version, paused.MadeAt = "hex3_2p/000002", time.Now()
	feedbackloop.Keep(daemon.Ticker, paused)
	require.Equal(t, spec.HealthDegraded, daemon.Health().Status)
	require.Contains(t, daemon.Health().Message, "hex3_2p")
	paused.Version, paused.Values = "hex3_2p/000003", feedback.Neutral()
	feedbackloop.Keep(daemon.Ticker, paused)
	require.Equal(t, spec.HealthOK, daemon.Health().Status)
}

// Whoever is killed meanwhile, each plan is made once and told once.
func TestKillsGiveNoSecondPlan(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	iteration := r.Open(config)
	for epoch := range int64(3) {
		r.KillDaemon(epoch + 1)
	}
	r.Daemon(declare(r), 9).Round()
	r.Decide(config, iteration, spec.VerdictRejected, 5)
	order := r.Order(config, iteration, spec.StageFeedback)
	require.Error(t, r.CutOff(declare(r), 10).Tick(t.Context()), "the bus is away")
	require.Equal(t, config+"/000002", latest(r).Version, "the plan is made")
	for epoch := range int64(4) {
		r.KillDaemon(epoch + 11)
	}
	require.Equal(t, ledger.StageDone, r.Daemon(declare(r), 20).Carry(order).State)
	require.Equal(t, config+"/000002", latest(r).Version)
	require.Equal(t, []string{config + "/000001", config + "/000002"}, told(r))
}

// A training that is over gets no other plan, though what the last one follows from fades: nobody goes by it.
func TestWhatIsOverIsNotPlanned(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	policy := feedback.DefaultPolicy()
	policy.HalfLife = 2 * time.Second
	daemon := r.Daemon(feedbackloop.Declare(feedbackloop.Config{
		Configs: func() []string { return []string{config} }, Policy: func() feedback.Policy { return policy },
		Terms: func(string) pipeline.Terms { return pipeline.Terms{Targets: pipeline.Targets{Iterations: 1}} },
	}), 1)
	iteration := r.Open(config)
	r.Decide(config, iteration, spec.VerdictPromoted, 400)
	daemon.Round()
	planned := latest(r)
	require.NotEqual(t, feedback.Neutral(), planned.Values, "the iteration is open")
	r.Close(config, iteration, spec.VerdictPromoted)
	require.Eventually(t, func() bool {
		daemon.Round()
		return latest(r).At(time.Now()).Values == feedback.Neutral()
	}, patience, 10*time.Millisecond, "it fades by itself")
	require.Equal(t, planned.Version, latest(r).Version)
}
