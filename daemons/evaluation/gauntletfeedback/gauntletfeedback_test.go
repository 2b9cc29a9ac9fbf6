package gauntletfeedback_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/evaluation/gauntletfeedback"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

func declare(*pipelinetest.Rig) host.Declaration {
	return gauntletfeedback.Declare(gauntletfeedback.Config{})
}

// recorded is an evaluation as its games went, in wins and losses against each opponent.
type recorded struct {
	random, heuristic, canonical [2]int
	elo                          float64
}

// Evaluations of candidates as they come.
var (
	steady     = recorded{[2]int{60, 4}, [2]int{40, 24}, [2]int{100, 100}, 1500}
	strong     = recorded{[2]int{64, 0}, [2]int{60, 4}, [2]int{140, 60}, 1600}
	weak       = recorded{[2]int{40, 24}, [2]int{5, 59}, [2]int{100, 100}, 1200}
	regressing = recorded{[2]int{60, 4}, [2]int{40, 24}, [2]int{78, 122}, 1475}
)

// cluster is a rig with a canonical model, rated 1500, and evaluations against it that a test has recorded.
type cluster struct {
	*pipelinetest.Rig
	canonical string
	ratings   *[]ledger.Rating
}

func setup(t *testing.T) cluster {
	t.Helper()
	r := pipelinetest.New(t, &mini)
	canonical := r.Bootstrap(config).ID
	return cluster{r, canonical, &[]ledger.Rating{{Participant: canonical, Rating: 1500, Low: 1450, High: 1550, Games: 100}}}
}

// evaluate records an evaluation, as EVALUATION keeps it.
func (c cluster) evaluate(r recorded) string {
	c.Helper()
	number := len(*c.ratings)
	evaluated := pipeline.Evaluated{
		EvaluationID: fmt.Sprintf("evaluation-%02d", number), ModelID: fmt.Sprintf("model-%02d", number), CanonicalID: c.canonical, Harness: "search",
	}
	for opponent, games := range map[string][2]int{"random": r.random, "heuristic": r.heuristic, c.canonical: r.canonical} {
		if games[0]+games[1] > 0 {
			evaluated.Opponents = append(evaluated.Opponents, pipeline.Faced{Opponent: opponent, BySeat: []workload.Score{
				{Games: games[0], Wins: games[0]}, {Games: games[1], Losses: games[1]},
			}})
		}
	}
	*c.ratings = append(*c.ratings, ledger.Rating{Participant: evaluated.ModelID, Rating: r.elo, Low: r.elo - 30, High: r.elo + 30, Games: 300})
	_, err := c.Session.SaveRatings(c.Context(), ledger.RatingSnapshot{
		ConfigKey: config, Harness: "search", Evidence: ledger.Evidence{Digest: evaluated.EvaluationID, Matches: 1, Games: 1}, Ratings: *c.ratings,
	})
	require.NoError(c, err)
	inputs, err := json.Marshal(evaluated)
	require.NoError(c, err)
	_, _, err = c.Session.Decide(c.Context(), ledger.Decision{
		Kind: pipeline.DecisionEvaluation, Key: evaluated.EvaluationID, ConfigKey: config, Inputs: inputs, Verdict: "valid",
	})
	require.NoError(c, err)
	return evaluated.EvaluationID
}

// proposals are all that was told, oldest first.
func (c cluster) proposals() (names []string) {
	c.Helper()
	for _, event := range c.Told("HYPERPARAMETER_UPDATED", "ADAPTIVE_PARAMS_CHANGED", "SELFPLAY_TARGET_UPDATED", "REGRESSION_DETECTED",
		"REGRESSION_CLEARED", "PLATEAU_DETECTED") {
		require.Equal(c, "GAUNTLET_FEEDBACK", event.Source)
		require.Equal(c, config, event.ConfigKey)
		names = append(names, string(event.Name))
	}
	return names
}

// answer is what is kept of an evaluation; made again from what it was made from, it is the same.
func (c cluster) answer(id string) (ledger.Decision, gauntletfeedback.Answer) {
	c.Helper()
	stored, err := c.Ledger.Decision(c.Context(), pipeline.DecisionGauntlet, id)
	require.NoError(c, err)
	var answer gauntletfeedback.Answer
	require.NoError(c, json.Unmarshal(stored.Inputs, &answer))
	again, err := gauntletfeedback.NewAnswer(answer.Evidence, answer.Policy)
	require.NoError(c, err)
	require.Equal(c, answer, again)
	return stored, answer
}

// Recorded evaluations give exactly the proposals that follow from them.
func TestEvaluationsGiveTheirProposals(t *testing.T) {
	t.Parallel()
	again := func(r recorded, times int) (all []recorded) {
		for range times {
			all = append(all, r)
		}
		return all
	}
	for name, c := range map[string]struct {
		evaluations []recorded
		want        []string
	}{
		"steady": {again(steady, 1), nil},
		"strong": {again(strong, 1), []string{"ADAPTIVE_PARAMS_CHANGED"}},
		"weak":   {again(weak, 1), []string{"HYPERPARAMETER_UPDATED", "ADAPTIVE_PARAMS_CHANGED", "SELFPLAY_TARGET_UPDATED"}},
		"regressing three times, then not": {append(again(regressing, 3), steady),
			[]string{"REGRESSION_DETECTED", "REGRESSION_DETECTED", "REGRESSION_DETECTED", "REGRESSION_CLEARED"}},
		"flat five times":             {again(steady, 5), []string{"PLATEAU_DETECTED"}},
		"flat seven times, told once": {again(steady, 7), []string{"PLATEAU_DETECTED"}},
		"flat four times":             {again(steady, 4), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			daemon := r.Daemon(declare(r.Rig), 1)
			for _, one := range c.evaluations {
				id := r.evaluate(one)
				daemon.Round()
				r.answer(id)
			}
			require.Equal(t, c.want, r.proposals())
			daemon.RequireIdle()
		})
	}
}

// What is proposed says how much, and why.
func TestProposalsHaveTheirFigures(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	id := c.evaluate(weak)
	for range 3 {
		daemon.Round()
		c.evaluate(regressing)
	}
	daemon.Round()
	longer, err := bus.Decode[bus.HyperparameterUpdated](c.Told("HYPERPARAMETER_UPDATED")[0])
	require.NoError(t, err)
	require.Equal(t, []any{"epochs", 1.5, id}, []any{longer.Parameter, longer.NewValue, longer.Evidence})
	require.Equal(t, "candidate model-01: 62 % against random, less than 70 %", longer.Reason)
	more, err := bus.Decode[bus.SelfplayTargetUpdated](c.Told("SELFPLAY_TARGET_UPDATED")[0])
	require.NoError(t, err)
	require.EqualValues(t, 200, more.ExtraGames)
	var severities []string
	for i, event := range c.Told("REGRESSION_DETECTED") {
		said, err := bus.Decode[bus.RegressionDetected](event)
		require.NoError(t, err)
		require.Equal(t, i+1, said.Consecutive)
		require.InDelta(t, 25, *said.EloDrop, 1e-9)
		require.InDelta(t, .11, *said.WinRateDrop, 1e-9)
		severities = append(severities, said.Severity)
	}
	require.Equal(t, []string{"moderate", "severe", "critical"}, severities)
}

// An evaluation that lacks games gives no proposal, but a finding.
func TestWhatIsMissingIsNotInvented(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	lacking := steady
	lacking.random = [2]int{}
	id := c.evaluate(lacking)
	daemon.Round()
	daemon.Round()
	stored, answer := c.answer(id)
	require.Equal(t, "unusable", stored.Verdict)
	require.Equal(t, []string{"games against random"}, answer.Missing)
	require.Empty(t, c.proposals())
	require.Equal(t, spec.HealthDegraded, daemon.Health().Status)
	require.Contains(t, daemon.Health().Findings[0], "gave no proposal: it lacks games against random")
	c.evaluate(steady)
	daemon.Round()
	require.Equal(t, spec.HealthOK, daemon.Health().Status)
}

// Who was away answers what it has missed; who is new to a configuration answers the newest alone.
func TestMissedEvaluationsAreAnswered(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.evaluate(weak)
	first := c.evaluate(steady)
	c.Daemon(declare(c.Rig), 1).Round()
	c.answer(first)
	require.Empty(t, c.proposals(), "the weak one is history")
	c.evaluate(regressing)
	c.evaluate(regressing)
	c.Daemon(declare(c.Rig), 2).Round()
	require.Equal(t, []string{"REGRESSION_DETECTED", "REGRESSION_DETECTED"}, c.proposals())
}

// Kills at any moment leave one answer, and each proposal once.
func TestKillsGiveNoSecondProposal(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	c := setup(t)
	c.evaluate(steady)
	c.Daemon(declare(c.Rig), 1).Round()
	id := c.evaluate(weak)
	require.Error(t, c.CutOff(declare(c.Rig), 2).Tick(t.Context()), "the bus is away")
	c.answer(id)
	require.Empty(t, c.proposals())
	for epoch := range int64(4) {
		c.KillDaemon(epoch + 3)
	}
	c.Daemon(declare(c.Rig), 10).Round()
	require.Equal(t, []string{"HYPERPARAMETER_UPDATED", "ADAPTIVE_PARAMS_CHANGED", "SELFPLAY_TARGET_UPDATED"}, c.proposals())
}

// With more players the same differences count.
func TestRatesOfMorePlayersAreJudgedByTheirParity(t *testing.T) {
	t.Parallel()
	for rate, want := range map[int]bool{58: false, 50: true} { // 70 % of two players are 54 % of three
		evidence := gauntletfeedback.Evidence{ConfigKey: "sq5_3p", Players: 3, Results: []gauntletfeedback.Result{{
			EvaluationID: "e", ModelID: "m", Random: three(rate), Heuristic: three(33), Elo: &gauntletfeedback.Elo{Rating: 1000, Low: 900, High: 1100},
		}}}
		proposals, missing := gauntletfeedback.Propose(evidence, gauntletfeedback.DefaultPolicy())
		require.Empty(t, missing)
		require.Equal(t, want, len(proposals) > 0, "%d %%", rate)
	}
}

// three is a score of three players, in per cent.
func three(rate int) *rating.Score {
	return &rating.Score{Players: 3, Wins: int64(rate), Losses: int64(100 - rate)}
}
