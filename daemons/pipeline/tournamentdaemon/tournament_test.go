package tournamentdaemon_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/evaluation/unifiedpromotion"
	"github.com/ringrift/orchestrator/daemons/pipeline/tournamentdaemon"
	"github.com/ringrift/orchestrator/daemons/queue/queuepopulator"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

// quick are settings for small tournaments, one right after the other.
func quick() tournamentdaemon.Settings {
	return tournamentdaemon.Settings{LadderInterval: time.Nanosecond, GamesPerPair: 20, GamesEnough: 60, CalibrationInterval: -1}
}

func declare(r *pipelinetest.Rig) host.Declaration {
	return tournamentdaemon.Declare(tournamentdaemon.Config{Workloads: r.Workloads, Settings: quick})
}

func populate(*pipelinetest.Rig) host.Declaration {
	return queuepopulator.Declare(queuepopulator.Config{})
}

// cluster is a rig with both daemons that tournaments need.
type cluster struct {
	*pipelinetest.Rig
	daemon, populator *pipelinetest.Daemon
}

func setup(t *testing.T) cluster {
	t.Helper()
	r := pipelinetest.New(t, &mini)
	return cluster{r, r.Daemon(declare(r), 1), r.Daemon(populate(r), 1)}
}

// canonical makes a model canonical.
func (c cluster) canonical(configKey, model string) {
	c.Helper()
	c.point(configKey, ledger.Canonical, model)
}

func (c cluster) point(configKey string, name ledger.PointerName, model string) {
	c.Helper()
	expect := int64(0)
	pointers, err := c.Ledger.Pointers(c.Context(), configKey)
	require.NoError(c, err)
	for _, one := range pointers {
		if one.Name == name {
			expect = one.Sequence
		}
	}
	_, err = c.Session.MovePointers(c.Context(), ledger.PointerMove{
		ConfigKey: configKey, Name: name, ModelID: model, Expect: expect, DecisionID: fmt.Sprintf("operator/%s/%d", name, expect),
	})
	require.NoError(c, err)
}

// generations has generation 0 and one that was trained from it, which becomes canonical.
func (c cluster) generations(configKey string) (first, second string) {
	c.Helper()
	first = c.Bootstrap(configKey).ID
	iteration := c.Open(configKey)
	second = c.Train(configKey, iteration, c.Combine(configKey, iteration, c.Model(first), 100)).ModelID
	c.canonical(configKey, second)
	return first, second
}

// play has the next tournament planned, played and concluded.
func (c cluster) play(configKey string) tournament.Result {
	c.Helper()
	c.daemon.Round()
	c.populator.Round()
	c.RunJobs()
	c.daemon.Round()
	results, err := tournament.Results(c.Context(), c.Ledger, configKey, 1)
	require.NoError(c, err)
	require.Len(c, results, 1)
	return results[0]
}

// Every pair has equal first moves, the games say what is told, and the ratings follow from all of them, in any order.
func TestTheLadderIsPlayed(t *testing.T) {
	t.Parallel()
	for _, configKey := range []string{"sq5_2p", "sq5_3p"} {
		t.Run(configKey, func(t *testing.T) {
			t.Parallel()
			c := setup(t)
			first, second := c.generations(configKey)
			result := c.play(configKey)
			require.True(t, result.Counts, result.Reason)
			players := len(result.Pairs[0].BySeat)
			if players == 2 {
				require.Len(t, result.Pairs, 1+2*3, "the models, and each with three baselines")
			} else {
				require.Len(t, result.Pairs, 2+2*3, "the models both ways, and each with three baselines")
			}
			for _, pair := range result.Pairs {
				for _, seat := range pair.BySeat {
					require.Equal(t, pair.BySeat[0].Games, seat.Games, "%+v", pair)
				}
			}
			c.requireFile(result)
			c.requireRatings(result)
			if players == 2 { // with three, a generation is not always felt
				require.Greater(t, result.Ratings[second], result.Ratings[first])
			}
			require.Greater(t, result.Ratings["heuristic"], result.Ratings["random"])
			told := c.Told("TOURNAMENT_COMPLETED")
			require.Len(t, told, 1)
			said, err := bus.Decode[bus.TournamentCompleted](told[0])
			require.NoError(t, err)
			require.Equal(t, result.Valid, said.GamesPlayed)
			require.Len(t, said.Results, len(result.Pairs))
			require.NotEmpty(t, c.Told("ELO_UPDATED"))
			require.Len(t, c.Told("WORK_QUEUED"), 1)
		})
	}
}

// requireFile replays the games of a tournament by the workload's inspect, and compares who won.
func (c cluster) requireFile(result tournament.Result) {
	c.Helper()
	file := c.Inspect(result.ConfigKey, c.Left(c.Report(result.JobID), workload.RoleGames))
	require.Empty(c, file.ReplayErrors)
	require.Equal(c, result.Valid, file.Games)
	require.Equal(c, file.Games, file.Verified)
	wins, seats := map[string]int{}, map[string]int{}
	for _, one := range file.Participants {
		for _, score := range one.BySeat {
			wins[one.ID] += score.Wins
			seats[one.ID] += score.Games
		}
	}
	for _, pair := range result.Pairs {
		total := workload.ParticipantResult{BySeat: pair.BySeat}.Total()
		wins[pair.Player] -= total.Wins
		wins[pair.Opponent] -= total.Losses
		seats[pair.Player] -= total.Games
		seats[pair.Opponent] -= total.Games * (len(pair.BySeat) - 1)
	}
	for name := range wins {
		require.Zero(c, wins[name], "wins of %s", name)
		require.Zero(c, seats[name], "seats of %s", name)
	}
}

// requireRatings computes the ratings again, from the matches in the ledger, the last ones first.
func (c cluster) requireRatings(result tournament.Result) {
	c.Helper()
	list, err := c.Ledger.MatchesOf(c.Context(), result.ID, ledger.Page{Limit: 1000})
	require.NoError(c, err)
	var matches []rating.Match
	var games int64
	for _, match := range slices.Backward(list.Items) {
		one := rating.Match{Participants: match.Participants}
		for _, outcome := range match.Outcomes {
			one.Outcomes = append(one.Outcomes, rating.Outcome(outcome))
		}
		matches = append(matches, one)
		games += match.Games()
	}
	require.Equal(c, result.Valid, games)
	expected, err := rating.Compute(matches, rating.Options{Pinned: map[string]float64{"random": 400}})
	require.NoError(c, err)
	require.Len(c, result.Ratings, len(expected))
	for _, one := range expected {
		require.InDelta(c, one.Rating, result.Ratings[one.Participant], 0, one.Participant)
	}
}

// A pair that has met often enough rests until another model comes into office.
func TestTheLadderRests(t *testing.T) {
	t.Parallel()
	c := setup(t)
	first := c.Bootstrap(config).ID
	for range 3 {
		require.True(t, c.play(config).Counts)
	}
	require.Len(t, c.Jobs(workload.Match), 3)
	c.daemon.RequireIdle()
	c.populator.Round()
	require.Len(t, c.Jobs(workload.Match), 3)

	content, err := os.ReadFile(c.Path(c.Model(first)))
	require.NoError(t, err)
	second := c.Forge(config, append(content, '\n')).ID
	c.canonical(config, second)
	result := c.play(config)
	require.Len(t, c.Jobs(workload.Match), 4)
	for _, pair := range result.Pairs {
		require.Equal(t, second, pair.Player, "the others have met often enough")
	}
}

// Who is in quarantine or has no file does not play, and nobody plays what no workload offers.
func TestOnlyWhoCanPlayPlays(t *testing.T) {
	t.Parallel()
	c := setup(t)
	first := c.Bootstrap(config).ID
	content, err := os.ReadFile(c.Path(c.Model(first)))
	require.NoError(t, err)
	gone, bad := c.Forge(config, append(content, '\n')).ID, c.Forge(config, append(content, '\n', '\n')).ID
	c.canonical(config, gone)
	c.canonical(config, bad)
	c.canonical(config, first)
	c.Lack(gone)
	_, _, err = c.Session.Decide(t.Context(), ledger.Decision{Kind: "quarantine", Key: bad, ConfigKey: config, Verdict: "rolled_back", Inputs: json.RawMessage("{}")})
	require.NoError(t, err)
	for _, pair := range c.play(config).Pairs {
		require.Equal(t, first, pair.Player)
	}
	nobody := c.Daemon(tournamentdaemon.Declare(tournamentdaemon.Config{Settings: quick}), 2)
	nobody.RequireIdle()
}

// Games that say something else than their reporter, or are too few, are no evidence; neither is a job that failed.
func TestWhatDoesNotAddUpIsRefused(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.Bootstrap(config)
	forge := func(metrics func(*workload.MatchMetrics), games func([]ledger.Game) []ledger.Game) func(*jobs.Report) {
		return func(report *jobs.Report) {
			said := pipelinetest.Metrics[workload.MatchMetrics](c.Rig, *report)
			metrics(&said)
			text, err := json.Marshal(said)
			require.NoError(t, err)
			report.Metrics, report.Games = text, games(report.Games)
		}
	}
	honest := func(*workload.MatchMetrics) {}
	untouched := func(games []ledger.Game) []ledger.Game { return games }
	for reason, forged := range map[string]func(*jobs.Report){
		"reported of": forge(func(said *workload.MatchMetrics) { said.Pairs[0].Games++ }, untouched),
		"by seat": forge(func(said *workload.MatchMetrics) {
			seats := said.Pairs[0].Participants[0].BySeat
			seats[0].Wins, seats[0].Losses = seats[0].Wins+1, seats[0].Losses-1
		}, untouched),
		"the files have": forge(honest, func(games []ledger.Game) []ledger.Game { return games[1:] }),
		"was not planned": forge(honest, func(games []ledger.Game) []ledger.Game {
			games[0].ModelIDs = []string{"random", "random"}
			return games
		}),
		"at least 80 % are needed": forge(func(said *workload.MatchMetrics) {
			for i := range said.Pairs {
				pair := &said.Pairs[i]
				pair.Invalid, pair.Games, pair.Draws, pair.Participants = pair.Games, 0, 0, nil
			}
		}, func(games []ledger.Game) []ledger.Game { return nil }),
	} {
		c.daemon.Round()
		c.populator.Round()
		c.RunForged(c.Jobs(workload.Match)[0], c.Node, forged)
		c.daemon.Round()
		results, err := tournament.Results(t.Context(), c.Ledger, config, 1)
		require.NoError(t, err)
		require.False(t, results[0].Counts, reason)
		require.Contains(t, results[0].Reason, reason)
		require.Equal(t, spec.HealthDegraded, c.health().Status, reason)
	}
	require.Empty(t, c.Told("TOURNAMENT_COMPLETED"))
	evidence, err := c.Ledger.Evidence(t.Context(), config, "search")
	require.NoError(t, err)
	require.Zero(t, evidence.Matches, "nothing is rated")
}

// health is the daemon's after another look.
func (c cluster) health() spec.Health {
	c.Helper()
	c.daemon.Round()
	return c.daemon.Health()
}

// Kills of both daemons and of the worker at any moment leave one job, one result and one word of it, and no game twice.
func TestKillsGiveNoSecondTournament(t *testing.T) {
	pipelinetest.DaemonToKill(t, func(r *pipelinetest.Rig) host.Declaration {
		return tournamentdaemon.Declare(tournamentdaemon.Config{Workloads: r.Workloads, Settings: rarely})
	})
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	r.Bootstrap(config)
	for epoch := range int64(4) {
		r.KillDaemon(epoch + 1)
	}
	daemon := r.Daemon(tournamentdaemon.Declare(tournamentdaemon.Config{Workloads: r.Workloads, Settings: rarely}), 10)
	daemon.Round()
	for epoch := range int64(3) {
		r.Daemon(populate(r), epoch+1).Round()
	}
	queued := r.Jobs(workload.Match)
	require.Len(t, queued, 1)
	r.KillWorker(queued[0])
	r.RunJobs()
	for epoch := range int64(4) {
		r.KillDaemon(epoch + 11)
	}
	daemon = r.Daemon(tournamentdaemon.Declare(tournamentdaemon.Config{Workloads: r.Workloads, Settings: rarely}), 20)
	daemon.Round()
	results, err := tournament.Results(t.Context(), r.Ledger, config, 10)
	require.NoError(t, err)
	require.Len(t, results, 1)
	require.True(t, results[0].Counts, results[0].Reason)
	c := cluster{Rig: r}
	c.requireFile(results[0])
	c.requireRatings(results[0])
	require.Len(t, r.Told("TOURNAMENT_COMPLETED"), 1)
	require.Len(t, r.Told("WORK_QUEUED"), 1)
}

// rarely has one tournament within a test.
func rarely() tournamentdaemon.Settings {
	settings := quick()
	settings.LadderInterval = time.Hour
	return settings
}

// A weaker model that an operator has put into production is found out by the games of the ladder, and taken back.
func TestTheLadderGuardsProduction(t *testing.T) {
	t.Parallel()
	c := setup(t)
	policy := promotion.DefaultGuardPolicy()
	policy.Name, policy.Games, policy.MinHarnesses, policy.MinRating = "quick", 20, 1, 0
	policy.Random, policy.Heuristic = promotion.ByPlayers[float64]{Two: .5}, promotion.ByPlayers[float64]{}
	guard := c.Daemon(unifiedpromotion.Declare(unifiedpromotion.Config{Settings: func(string) unifiedpromotion.Settings {
		return unifiedpromotion.Settings{Policy: policy, Harness: "search"}
	}}), 1)
	first, second := c.generations(config)
	c.play(config)
	guard.Round()
	production, err := c.Ledger.Pointer(t.Context(), config, ledger.Production)
	require.NoError(t, err)
	require.Equal(t, second, production.ModelID)

	c.canonical(config, first)
	c.point(config, ledger.Production, first)
	for range 3 {
		guard.Round()
		production, err = c.Ledger.Pointer(t.Context(), config, ledger.Production)
		require.NoError(t, err)
		require.Equal(t, first, production.ModelID)
		c.play(config)
	}
	guard.Round()
	production, err = c.Ledger.Pointer(t.Context(), config, ledger.Production)
	require.NoError(t, err)
	require.Equal(t, second, production.ModelID)
	require.Len(t, c.Told("PROMOTION_ROLLED_BACK"), 1)
}
