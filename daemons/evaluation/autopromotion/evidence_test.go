package autopromotion_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// A model with random weights does not get past the canonical one.
func TestRandomWeightsAreRejected(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	first := c.initialise(daemon)
	champion := c.trained(first)
	require.Equal(t, spec.VerdictPromoted, c.decide(daemon, first).Verdict)
	c.Close(config, first, spec.VerdictPromoted)

	iteration := c.Open(config)
	c.Candidate(config, iteration, c.Forge(config, c.random(champion)).ID)
	decided := c.decide(daemon, iteration)
	c.rejected(decided, "floor")
	require.Contains(t, decided.Reason, "the rate against random is between")
	require.Equal(t, champion, c.Canonical(config).ModelID)
}

// random is a model of the same shape as another one, with weights that nobody has trained.
func (c cluster) random(id string) []byte {
	c.Helper()
	content, err := os.ReadFile(c.Path(c.Model(id)))
	require.NoError(c, err)
	model := map[string]any{}
	require.NoError(c, json.Unmarshal(content, &model))
	source := rand.New(rand.NewPCG(1, 2))
	for _, table := range []string{"policy", "value"} {
		weights := model[table].([]any)
		for i := range weights {
			weights[i] = 5 * source.NormFloat64()
		}
	}
	content, err = json.Marshal(model)
	require.NoError(c, err)
	return content
}

// An evaluation with fewer games than a promotion requires is turned down for just that, however they ended.
func TestTooFewGamesAreNamed(t *testing.T) {
	t.Parallel()
	c := setup(t)
	policy := quick()
	policy.RequiredGames, policy.PlayedGames = promotion.ByPlayers[int64]{Two: 10, Three: 10, Four: 10}, promotion.ByPlayers[int64]{Two: 20, Three: 20, Four: 20}
	policy.Floor = policy.BootstrapFloor
	c.evaluator = c.Daemon(evaluation.Declare(evaluation.Config{
		Workloads: c.Workloads, Settings: func() evaluation.Settings { return evaluation.Settings{Policy: policy} },
	}), 2)
	daemon := c.Daemon(declare(c.Rig), 1)
	iteration := c.initialise(daemon)
	before := c.Canonical(config)
	c.trained(iteration)
	decided := c.decide(daemon, iteration)
	c.rejected(decided, "baseline_games")
	require.Equal(t, "20 valid games against random, 32 are required", decided.Reason)
	require.Equal(t, before, c.Canonical(config))
}

// An evaluator that crashes leaves no evidence: the attempt fails by that name, and a decision that is asked for all the
// same is none.
func TestACrashingEvaluatorPromotesNobody(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	iteration := c.initialise(daemon)
	before := c.Canonical(config)
	candidate := c.trained(iteration)
	order := c.Order(config, iteration, spec.StageEvaluating)
	c.evaluator.Round()
	for _, name := range []string{"node-2", "node-3"} { // two nodes that meet the same end the job
		c.RunJob(c.Jobs(workload.Evaluate)[0], c.crashing(name))
	}
	ended := c.evaluator.Carry(order)
	require.Equal(t, ledger.StageFailed, ended.State)
	require.Equal(t, "internal", ended.ErrorClass)
	require.Contains(t, ended.Error, "ended by signal 11")
	require.Len(t, c.Told("EVALUATION_FAILED"), 1)

	ended = daemon.Carry(c.Order(config, iteration, spec.StageDeciding))
	require.Equal(t, ledger.StageFailed, ended.State)
	require.Equal(t, "missing", ended.ErrorClass)
	require.Contains(t, ended.Error, "EVALUATING")
	require.Len(t, c.Told("PROMOTION_FAILED"), 1)
	require.Equal(t, before, c.Canonical(config))

	decided := c.decide(daemon, iteration)
	require.Equal(t, spec.VerdictPromoted, decided.Verdict, "the next attempt plays, and counts")
	require.Equal(t, candidate, c.Canonical(config).ModelID)
	gate := gateOf(c.record(decided.PromotionID), "integrity")
	require.Equal(t, "all games follow from their moves, and were counted again", gate.Reason)
}

// crashing is a node whose evaluate command dies as soon as it runs.
func (c cluster) crashing(name string) *pipelinetest.Node {
	c.Helper()
	sound := c.Mini
	broken, manifest := *sound, *sound.Manifest
	manifest.Commands = maps.Clone(manifest.Commands)
	manifest.Commands[workload.Evaluate] = []string{"/bin/sh", "-c", "kill -SEGV $$"}
	broken.Manifest = &manifest
	c.Mini = &broken
	defer func() { c.Mini = sound }()
	return c.AddNode(name)
}

func gateOf(record promotion.Record, name string) promotion.Gate {
	for _, gate := range record.Verdict.Gates {
		if gate.Name == name {
			return gate
		}
	}
	return promotion.Gate{}
}

// Games that were tampered with are no evidence either: without an evaluation nobody is promoted.
func TestTamperedGamesPromoteNobody(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	iteration := c.initialise(daemon)
	before := c.Canonical(config)
	c.trained(iteration)
	order := c.Order(config, iteration, spec.StageEvaluating)
	c.evaluator.Round()
	c.RunForged(c.Jobs(workload.Evaluate)[0], c.Node, func(report *jobs.Report) {
		c.Tamper(config, report, func(games []*store.Game) { games[0].Moves[3].Move = games[0].Moves[0].Move })
	})
	ended := c.evaluator.Carry(order)
	require.Equal(t, ledger.StageFailed, ended.State)
	require.Equal(t, "tampered", ended.ErrorClass)
	require.Contains(t, ended.Error, "which is not free")
	ended = daemon.Carry(c.Order(config, iteration, spec.StageDeciding))
	require.Equal(t, "missing", ended.ErrorClass)
	require.Equal(t, before, c.Canonical(config))
	_, err := pipeline.Result[pipeline.Evaluated](t.Context(), c.Ledger, config, iteration, spec.StageEvaluating)
	require.ErrorIs(t, err, pipeline.ErrMissing)
}

// Nobody has the file of a candidate any more: what is canonical stays.
func TestACandidateThatIsGoneIsRejected(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	iteration := c.initialise(daemon)
	before := c.Canonical(config)
	candidate := c.trained(iteration)
	c.evaluate(iteration)
	c.Lack(candidate)
	c.rejected(c.decided(daemon, c.Order(config, iteration, spec.StageDeciding)), "loads")
	require.Equal(t, before, c.Canonical(config))
}

// The only node that has the file of a candidate is away. It is waited for as long as it takes to train another one.
func TestACandidateThatIsAwayIsMadeAgain(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	iteration := c.initialise(daemon)
	before := c.Canonical(config)
	candidate := c.trained(iteration)
	file := c.Model(candidate)
	c.evaluate(iteration)
	c.Lack(candidate)
	require.NoError(t, c.Session.NodeSeen(t.Context(), ledger.NodeReport{ID: "rented"}))
	require.NoError(t, c.Session.SetHealth(t.Context(), "rented", ledger.NodeOffline, "it does not answer"))
	require.NoError(t, c.Session.ReportHoldings(t.Context(), "rented", []ledger.Holder{
		{SHA256: file.SHA256.String(), Path: jobs.HolderPath(file.Place), State: ledger.CopyVerified},
	}))
	order := c.Order(config, iteration, spec.StageDeciding)
	for end := time.Now().Add(time.Minute); order.State == ledger.StageOrdered && time.Now().Before(end); {
		daemon.Round()
		order = c.Last(config, iteration, spec.StageDeciding)
	}
	require.Equal(t, ledger.StageFailed, order.State, order.Waiting)
	require.Equal(t, pipeline.ClassLost, order.ErrorClass)
	require.JSONEq(t, `{"again":"TRAINING"}`, string(order.Result))
	require.Equal(t, before, c.Canonical(config))
}
