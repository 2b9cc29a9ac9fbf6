package tournamentdaemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
)

// prove says what a tournament has come to, if its games say what was reported, and enough of them count. Otherwise the
// result says why it is no evidence. An error means that the ledger is away.
func prove(ctx context.Context, l *ledger.Ledger, plan tournament.Plan, report jobs.Report) (tournament.Result, error) {
	result := resultOf(plan, report.JobID)
	result.Node = report.Node
	metrics, err := pipeline.MetricsOf[workload.MatchMetrics](report)
	if err != nil {
		return refuse(result, "%v", err), nil
	}
	games, err := pipeline.GamesOf(ctx, l, report)
	if err != nil {
		return result, err
	}
	counted, last, err := count(plan, games)
	if err != nil {
		return refuse(result, "%v", err), nil
	}
	result.PlayedAt = last
	for i, pairing := range plan.Pairings {
		pair, err := compare(plan, pairing, reported(metrics, i), counted[pairing])
		if err != nil {
			return refuse(result, "%v", err), nil
		}
		result.Pairs = append(result.Pairs, pair)
		result.Valid, result.Invalid = result.Valid+pair.Score().Games(), result.Invalid+pair.Invalid
	}
	planned := int64(len(plan.Pairings) * plan.GamesPerPair)
	if result.Valid == 0 || float64(result.Valid) < plan.ValidShare*float64(planned) {
		return refuse(result, "%d of %d games are valid, at least %.0f %% are needed", result.Valid, planned, 100*plan.ValidShare), nil
	}
	result.Counts = true
	return result, nil
}

// resultOf is what is known of a tournament before its games are.
func resultOf(plan tournament.Plan, jobID string) tournament.Result {
	return tournament.Result{ID: plan.ID, ConfigKey: plan.ConfigKey, Kind: plan.Kind, Harness: plan.Harness, JobID: jobID, MadeAt: plan.MadeAt}
}

// refuse says why a result is no evidence.
func refuse(result tournament.Result, format string, args ...any) tournament.Result {
	result.Counts, result.Reason = false, fmt.Sprintf(format, args...)
	return result
}

// count adds games up by pairing, each by the seat of the first of the pair, who has one alone.
func count(plan tournament.Plan, games []ledger.Game) (counted map[[2]string][]workload.Score, last time.Time, err error) {
	players := bus.ConfigOf(plan.ConfigKey).NumPlayers
	counted = map[[2]string][]workload.Score{}
	for _, pairing := range plan.Pairings {
		counted[pairing] = make([]workload.Score, players)
	}
	for _, game := range games {
		pairing, seat, found := pairingOf(counted, game, players)
		if !found {
			return nil, last, fmt.Errorf("game %s was played by %q, which was not planned", game.ID, game.ModelIDs)
		}
		pipeline.CountGame(counted[pairing], seat, game.Winner)
		if game.FinishedAt.After(last) {
			last = game.FinishedAt
		}
	}
	return counted, last, nil
}

// pairingOf is the pairing that a game is of, and the seat of the first of the pair.
func pairingOf(planned map[[2]string][]workload.Score, game ledger.Game, players int) (pairing [2]string, seat int, found bool) {
	if len(game.ModelIDs) != players {
		return pairing, 0, false
	}
	for seat, one := range game.ModelIDs {
		others := slices.Compact(slices.Delete(slices.Clone(game.ModelIDs), seat, seat+1))
		pairing = [2]string{one, others[0]}
		if _, is := planned[pairing]; is && len(others) == 1 {
			return pairing, seat, true
		}
	}
	return pairing, 0, false
}

// reported is what a job says of a pairing; one that it did not come to has no games.
func reported(metrics workload.MatchMetrics, number int) workload.PairResult {
	if number < len(metrics.Pairs) {
		return metrics.Pairs[number]
	}
	return workload.PairResult{}
}

// compare holds what is reported of a pairing against the games there are.
func compare(plan tournament.Plan, pairing [2]string, said workload.PairResult, bySeat []workload.Score) (tournament.Pair, error) {
	total := workload.ParticipantResult{BySeat: bySeat}.Total()
	pair := tournament.Pair{Player: pairing[0], Faced: pipeline.Faced{
		Opponent: pairing[1], Planned: int64(plan.GamesPerPair), Invalid: int64(said.Invalid), BySeat: bySeat,
	}}
	switch {
	case said.Games != total.Games || said.Draws != total.Draws:
		return pair, fmt.Errorf("reported of %s against %s are %d games, %d draws; the files have %d, %d", pairing[0], pairing[1], said.Games, said.Draws, total.Games, total.Draws)
	case total.Games > 0 && (len(said.Participants) == 0 || !slices.Equal(said.Participants[0].BySeat, bySeat)):
		return pair, fmt.Errorf("reported of %s against %s by seat is %v; the files have %v", pairing[0], pairing[1], said.Participants, bySeat)
	case said.Invalid < 0 || !pipeline.Balanced(bySeat, said.Invalid):
		return pair, fmt.Errorf("against %s, %s did not play each seat equally often: %v", pairing[1], pairing[0], bySeat)
	}
	return pair, nil
}
