package evaluation_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

// quick asks for few games.
func quick() evaluation.Settings {
	policy := promotion.DefaultPolicy()
	policy.Name = "quick"
	policy.RequiredGames, policy.PlayedGames = promotion.ByPlayers[int64]{Two: 16, Three: 16, Four: 16}, promotion.ByPlayers[int64]{Two: 20, Three: 20, Four: 20}
	policy.Floor, policy.BootstrapFloor = promotion.ByPlayers[float64]{Two: 0.5, Three: 0.3, Four: 0.25}, promotion.ByPlayers[float64]{Two: 0.4, Three: 0.3, Four: 0.2}
	policy.SPRT.MaxGames, policy.RateGames = 200, 0
	return evaluation.Settings{Policy: policy}
}

func declare(r *pipelinetest.Rig) host.Declaration {
	return evaluation.Declare(evaluation.Config{Workloads: r.Workloads, Settings: quick})
}

// trained opens an iteration with a candidate that was trained from the canonical model.
func trained(r *pipelinetest.Rig) (int64, pipeline.Trained) {
	r.Helper()
	iteration := r.Open(config)
	return iteration, r.Train(config, iteration, r.Combine(config, iteration, r.Model(r.Canonical(config).ModelID), 100))
}

// evaluate carries the order of an iteration out, to evidence.
func evaluate(r *pipelinetest.Rig, daemon *pipelinetest.Daemon, configKey string, iteration int64) pipeline.Evaluated {
	r.Helper()
	ended := daemon.Carry(r.Order(configKey, iteration, spec.StageEvaluating))
	require.Equal(r, ledger.StageDone, ended.State, ended.Error)
	return pipelinetest.Result[pipeline.Evaluated](r, configKey, iteration, spec.StageEvaluating)
}

// What is said of a trained candidate is what the files of its games say, and it is better than its parent. The same
// candidate in another iteration is not played again.
func TestEvidenceIsWhatTheFilesSay(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	parent := r.Bootstrap(config)
	iteration, candidate := trained(r)
	evaluated := evaluate(r, daemon, config, iteration)
	require.Equal(t, candidate.ModelID, evaluated.ModelID)
	require.Equal(t, parent.ID, evaluated.CanonicalID)
	require.Equal(t, "search", evaluated.Harness)
	audits := r.Jobs(workload.Inspect)
	require.Len(t, audits, 1)
	require.Equal(t, audits[0].ID, evaluated.AuditJobID)

	games := r.Left(r.Report(evaluated.JobID), workload.RoleGames)
	requireFiles(r, evaluated, r.Inspect(config, games))
	requireRatings(r, evaluated)
	low, _, known := score(evaluated, parent.ID).Interval()
	require.True(t, known)
	require.Greater(t, low, 0.5, "a generation of training is felt")

	require.Len(t, r.Told("EVALUATION_STARTED"), 1)
	require.Len(t, r.Told("HEAD_TO_HEAD_COMPLETED"), 1)
	require.NotEmpty(t, r.Told("ELO_UPDATED"))
	r.Close(config, iteration, spec.VerdictRejected)

	next := r.Open(config)
	r.Candidate(config, next, candidate.ModelID)
	require.Equal(t, evaluated, evaluate(r, daemon, config, next))
	require.Len(t, r.Jobs(workload.Evaluate), 1)
	completed := r.Told("EVALUATION_COMPLETED")
	require.Len(t, completed, 1)
	said, err := bus.Decode[bus.EvaluationCompleted](completed[0])
	require.NoError(t, err)
	require.Equal(t, evaluated.Valid, said.GamesPlayed)
	require.Equal(t, score(evaluated, "random").Wins, said.OpponentResults["random"].Wins)
	daemon.RequireIdle()
}

func score(evaluated pipeline.Evaluated, opponent string) rating.Score {
	for _, faced := range evaluated.Opponents {
		if faced.Opponent == opponent {
			return faced.Score()
		}
	}
	return rating.Score{}
}

// requireFiles replays the games by the workload's inspect and adds up who won, from either side.
func requireFiles(r *pipelinetest.Rig, evaluated pipeline.Evaluated, file workload.InspectMetrics) {
	r.Helper()
	require.Empty(r, file.ReplayErrors)
	require.Equal(r, evaluated.Valid, file.Games)
	require.Equal(r, file.Games, file.Verified)
	require.GreaterOrEqual(r, evaluated.Planned, evaluated.Valid)
	won, lost, drawn := int64(0), int64(0), int64(0)
	for _, side := range file.Participants {
		total := side.Total()
		if side.ID == "candidate" {
			won, lost, drawn = won+int64(total.Wins), lost+int64(total.Losses), drawn+int64(total.Draws)
			continue
		}
		name := side.ID
		if name == "canonical" {
			name = evaluated.CanonicalID
		}
		mirrored := score(evaluated, name)
		require.EqualValues(r, []int{total.Losses, total.Draws, total.Wins}, []int{int(mirrored.Wins), int(mirrored.Draws), int(mirrored.Losses)}, name)
	}
	for _, faced := range evaluated.Opponents {
		s := faced.Score()
		won, lost, drawn = won-s.Wins, lost-s.Losses, drawn-s.Draws
	}
	require.Zero(r, won)
	require.Zero(r, lost)
	require.Zero(r, drawn)
}

// requireRatings computes the ratings again, from the matches in the ledger.
func requireRatings(r *pipelinetest.Rig, evaluated pipeline.Evaluated) {
	r.Helper()
	list, err := r.Ledger.MatchesOf(r.Context(), evaluated.EvaluationID, ledger.Page{Limit: 1000})
	require.NoError(r, err)
	var games int64
	var matches []rating.Match
	for _, match := range list.Items {
		games += match.Games()
		one := rating.Match{Participants: match.Participants}
		for _, outcome := range match.Outcomes {
			one.Outcomes = append(one.Outcomes, rating.Outcome(outcome))
		}
		matches = append(matches, one)
	}
	require.Equal(r, evaluated.Valid, games)
	expected, err := rating.Compute(matches, rating.Options{Pinned: map[string]float64{"random": 400}})
	require.NoError(r, err)
	snapshot, err := r.Ledger.Ratings(r.Context(), config, evaluated.Harness)
	require.NoError(r, err)
	require.Len(r, snapshot.Ratings, len(expected))
	for i, one := range expected {
		require.Equal(r, ledger.Rating(one), snapshot.Ratings[i])
	}
}

// A model against itself under another name is even: parity is in the interval, and the difference in its own.
func TestAModelIsAsStrongAsItself(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	for _, configKey := range []string{"sq5_2p", "sq5_3p"} {
		original := r.Bootstrap(configKey)
		copied := r.Forge(configKey, resaved(r, original.ID))
		iteration := r.Open(configKey)
		r.Candidate(configKey, iteration, copied.ID)
		evaluated := evaluate(r, daemon, configKey, iteration)
		versus := score(evaluated, original.ID)
		low, high, _ := versus.Interval()
		require.Less(t, low, versus.Parity(), configKey)
		require.Greater(t, high, versus.Parity(), configKey)
		snapshot, err := r.Ledger.Ratings(t.Context(), configKey, evaluated.Harness)
		require.NoError(t, err)
		one, found := pipeline.RatingOf(snapshot, original.ID)
		require.True(t, found)
		other, found := pipeline.RatingOf(snapshot, copied.ID)
		require.True(t, found)
		require.True(t, one.Low < other.High && other.Low < one.High, "%s: %+v and %+v", configKey, one, other)
	}
}

// resaved is the same model in other bytes.
func resaved(r *pipelinetest.Rig, id string) []byte {
	r.Helper()
	content, err := os.ReadFile(r.Path(r.Model(id)))
	require.NoError(r, err)
	return append(content, '\n')
}

// Both models play the same way, which is the one that they are rated under.
func TestBothModelsPlayTheSameWay(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	r.Bootstrap(config)
	iteration, _ := trained(r)
	r.Order(config, iteration, spec.StageEvaluating)
	r.Daemon(evaluation.Declare(evaluation.Config{Workloads: r.Workloads, Settings: func() evaluation.Settings {
		settings := quick()
		settings.Harness = "policy"
		return settings
	}}), 1).Round()
	request, err := pipeline.RequestOf(r.Jobs(workload.Evaluate)[0])
	require.NoError(t, err)
	var params workload.EvaluateParams
	require.NoError(t, json.Unmarshal(request.Params, &params))
	last := params.Opponents[len(params.Opponents)-1]
	require.Equal(t, []string{"policy", "policy", "canonical"}, []string{params.Harness, last.Harness, last.Model})
}

// The canonical model itself is no candidate.
func TestTheCanonicalModelIsNotEvaluated(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	iteration, model := r.Open(config), r.Bootstrap(config)
	r.Candidate(config, iteration, model.ID)
	ended := daemon.Carry(r.Order(config, iteration, spec.StageEvaluating))
	require.Equal(t, "same_model", ended.ErrorClass)
	require.Len(t, r.Told("EVALUATION_FAILED"), 1)
}

// Games that say something else than their reporter, or are too few, are no evidence.
func TestWhatDoesNotAddUpIsRefused(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	r.Bootstrap(config)
	iteration, _ := trained(r)
	forge := func(metrics func(*workload.EvaluateMetrics), games func([]ledger.Game) []ledger.Game) func(*jobs.Report) {
		return func(report *jobs.Report) {
			said := pipelinetest.Metrics[workload.EvaluateMetrics](r, *report)
			metrics(&said)
			text, err := json.Marshal(said)
			require.NoError(t, err)
			report.Metrics, report.Games = text, games(report.Games)
		}
	}
	honest := func(*workload.EvaluateMetrics) {}
	untouched := func(games []ledger.Game) []ledger.Game { return games }
	for _, c := range []struct {
		name, class, reason string
		forge               func(*jobs.Report)
	}{
		{"a win more is reported", "tampered", "reported against random are", forge(func(said *workload.EvaluateMetrics) {
			said.PerOpponent[0].Games++
			said.PerOpponent[0].Wins++
		}, untouched)},
		{"a win is reported in another seat", "tampered", "by seat", forge(func(said *workload.EvaluateMetrics) {
			seats := said.PerOpponent[0].BySeat
			seats[0].Games, seats[0].Wins, seats[1].Games, seats[1].Wins = seats[0].Games+1, seats[0].Wins+1, seats[1].Games-1, seats[1].Wins-1
		}, untouched)},
		{"a game has another winner", "tampered", "the files have", forge(honest, func(games []ledger.Game) []ledger.Game {
			games[0].Winner = 3 - games[0].Winner
			return games
		})},
		{"a game is missing", "tampered", "the files have", forge(honest, func(games []ledger.Game) []ledger.Game { return games[1:] })},
		{"others have played", "tampered", "without candidate", forge(honest, func(games []ledger.Game) []ledger.Game {
			games[0].ModelIDs = []string{"random", "random"}
			return games
		})},
		{"the games against one opponent are invalid", "too_few_games", "0 of 20 games against heuristic are valid, at least 80 %",
			forge(func(said *workload.EvaluateMetrics) {
				one := &said.PerOpponent[1]
				one.Invalid, one.Score, one.BySeat, one.StoppedEarly = one.Games, workload.Score{}, make([]workload.Score, 2), false
			}, func(games []ledger.Game) []ledger.Game {
				return slices.DeleteFunc(games, func(game ledger.Game) bool { return slices.Contains(game.ModelIDs, "heuristic") })
			})},
	} {
		order := r.Order(config, iteration, spec.StageEvaluating)
		daemon.Round()
		r.RunForged(r.Jobs(workload.Evaluate)[0], r.Node, c.forge)
		ended := daemon.Carry(order)
		require.Equal(t, ledger.StageFailed, ended.State, c.name)
		require.Equal(t, c.class, ended.ErrorClass, "%s: %s", c.name, ended.Error)
		require.Contains(t, ended.Error, c.reason, c.name)
	}
	require.Len(t, r.Told("EVALUATION_FAILED"), 6)
	require.Empty(t, r.Told("EVALUATION_COMPLETED"))
	evidence, err := r.Ledger.Evidence(t.Context(), config, "search")
	require.NoError(t, err)
	require.Zero(t, evidence.Matches, "nothing is rated")
	require.NotEmpty(t, evaluate(r, daemon, config, iteration).EvaluationID, "the next attempt plays again, and counts")
}

// Without the file of the canonical model there is no head-to-head; while its nodes are away it is waited for.
func TestACanonicalModelWithoutFileIsNotPlayed(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	canonical := r.Bootstrap(config)
	iteration, _ := trained(r)
	r.Order(config, iteration, spec.StageEvaluating)
	require.NoError(t, r.Session.SetHealth(t.Context(), "node-1", ledger.NodeOffline, "test"))
	daemon.Round()
	require.Contains(t, r.Last(config, iteration, spec.StageEvaluating).Waiting, `input "candidate": only nodes that are away have it: node-1`)
	require.NoError(t, r.Session.SetHealth(t.Context(), "node-1", ledger.NodeHealthy, ""))
	r.Lack(canonical.ID)
	ended := daemon.Carry(r.Last(config, iteration, spec.StageEvaluating))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	evaluated := pipelinetest.Result[pipeline.Evaluated](r, config, iteration, spec.StageEvaluating)
	require.Empty(t, evaluated.CanonicalID)
	require.Empty(t, r.Told("HEAD_TO_HEAD_COMPLETED"))
	require.EqualValues(t, 20, score(evaluated, "random").Games())
}

// Games that are lost before they were looked at are played again, without waiting for a deadline.
func TestGamesThatAreLostArePlayedAgain(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	r.Bootstrap(config)
	iteration, _ := trained(r)
	order := r.Order(config, iteration, spec.StageEvaluating)
	daemon.Round()
	r.RunJobs()
	daemon.Round()
	audits := r.Jobs(workload.Inspect)
	require.Len(t, audits, 1)
	games := r.Left(r.Report(r.Jobs(workload.Evaluate)[0].ID), workload.RoleGames)
	path := jobs.HolderPath(games.Place)
	r.Holds(games.SHA256.String(), path, ledger.CopyGone)
	require.Eventually(t, func() bool { // once that pays
		daemon.Round()
		return r.Last(config, iteration, spec.StageEvaluating).State != ledger.StageOrdered
	}, time.Minute, 100*time.Millisecond)
	ended := r.Last(config, iteration, spec.StageEvaluating)
	require.Equal(t, pipeline.ClassLost, ended.ErrorClass, ended.Error)
	require.Equal(t, ledger.Cancelled, r.Jobs(workload.Inspect)[0].Status)

	ended = daemon.Carry(r.Order(config, iteration, spec.StageEvaluating))
	require.Equal(t, ledger.StageDone, ended.State, ended.Error)
	require.EqualValues(t, order.Attempt+1, ended.Attempt)
}

// Whoever is killed meanwhile, all games are played, none counts twice, and the end is told once.
func TestKillsGiveNoSecondEvaluation(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	r.Bootstrap(config)
	iteration, _ := trained(r)
	order := r.Order(config, iteration, spec.StageEvaluating)
	for epoch := range int64(3) {
		r.KillDaemon(epoch + 1)
	}
	daemon := r.Daemon(declare(r), 10)
	daemon.Round()
	queued := r.Jobs(workload.Evaluate)
	require.Len(t, queued, 1)
	r.KillWorker(queued[0])
	r.RunJobs()
	for epoch := range int64(3) {
		r.KillDaemon(epoch + 11)
	}
	require.Equal(t, ledger.StageDone, r.Daemon(declare(r), 20).Carry(order).State)
	evaluated := pipelinetest.Result[pipeline.Evaluated](r, config, iteration, spec.StageEvaluating)
	require.Equal(t, evaluated.Planned, evaluated.Valid)
	requireFiles(r, evaluated, r.Inspect(config, r.Left(r.Report(evaluated.JobID), workload.RoleGames)))
	requireRatings(r, evaluated)
	require.Len(t, r.Told("EVALUATION_STARTED"), 1)
	require.Len(t, r.Told("EVALUATION_COMPLETED"), 1)
}
