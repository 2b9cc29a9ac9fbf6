package evaluation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/workload"
)

// conclude brings the ledger to where it is after an evaluation, and says what is to be told of it. It may be repeated.
func (e *evaluating) conclude(ctx context.Context, session *ledger.Session, order ledger.Stage, kept ledger.Decision) (any, []bus.Payload, error) {
	var evaluated pipeline.Evaluated
	if err := json.Unmarshal(kept.Inputs, &evaluated); err != nil {
		return nil, nil, fmt.Errorf("read evaluation %s: %w", kept.Key, err)
	}
	w, _, err := e.workloads.Of(order.ConfigKey)
	if err != nil {
		return nil, nil, pipeline.Wait("workload: %v", err)
	}
	if _, err := session.RecordMatches(ctx, matches(order.ConfigKey, evaluated)); err != nil {
		return nil, nil, err
	}
	now, before, err := pipeline.Rate(ctx, session, order.ConfigKey, evaluated.Harness, w)
	if err != nil {
		return nil, nil, err
	}
	return evaluated, e.news(order.ConfigKey, evaluated, now, before), nil
}

// matches are what ratings are computed from: one for each seat of the candidate against each opponent.
func matches(configKey string, evaluated pipeline.Evaluated) (all []ledger.Match) {
	for _, faced := range evaluated.Opponents {
		for seat, score := range faced.BySeat {
			if score.Games == 0 {
				continue
			}
			all = append(all, ledger.Match{
				ConfigKey: configKey, Harness: evaluated.Harness, Source: evaluated.EvaluationID, Node: evaluated.Node, PlayedAt: evaluated.PlayedAt,
				Participants: seated(len(faced.BySeat), seat, evaluated.ModelID, faced.Opponent), Outcomes: outcomes(score, len(faced.BySeat), seat),
			})
		}
	}
	return all
}

func seated(players, seat int, candidate, opponent string) []string {
	names := make([]string, players)
	for i := range names {
		names[i] = opponent
	}
	names[seat] = candidate
	return names
}

// outcomes of the candidate's score in one seat. Which of several opponents has won does not matter: they are the same
// player. Who came after the winner is not known.
func outcomes(score workload.Score, players, seat int) (all []ledger.Outcome) {
	add := func(games int, rank func(at int) int) {
		if games == 0 {
			return
		}
		ranks := make([]int, players)
		for at := range ranks {
			ranks[at] = rank(at)
		}
		all = append(all, ledger.Outcome{Ranks: ranks, Games: int64(games)})
	}
	wonBy := func(winner int) func(int) int {
		return func(at int) int {
			if at == winner {
				return 1
			}
			return 2
		}
	}
	add(score.Wins, wonBy(seat))
	add(score.Draws, func(int) int { return 1 })
	add(score.Losses, wonBy((seat+1)%players))
	return all
}

// news are the events of an evaluation. Told again they are the same.
func (e *evaluating) news(configKey string, evaluated pipeline.Evaluated, now, before ledger.RatingSnapshot) []bus.Payload {
	of := bus.Evaluation{
		Config: bus.ConfigOf(configKey), EvaluationID: evaluated.EvaluationID, ModelID: evaluated.ModelID,
		Protocol: evaluated.Protocol, Harness: evaluated.Harness,
	}
	completed := bus.EvaluationCompleted{
		Evaluation: of, GamesPlayed: evaluated.Valid, GamesInvalid: evaluated.Invalid, CanonicalID: evaluated.CanonicalID,
		OpponentResults: map[string]bus.OpponentScore{},
	}
	if rated, found := pipeline.RatingOf(now, evaluated.ModelID); found {
		completed.Elo, completed.EloLow, completed.EloHigh = rated.Rating, rated.Low, rated.High
	}
	told := updates(of.Config, evaluated, now, before)
	for _, faced := range evaluated.Opponents {
		score := faced.Score()
		reached, _ := score.Rate() // 0 without games
		low, _, _ := score.Interval()
		completed.OpponentResults[faced.Opponent] = bus.OpponentScore{
			Games: score.Games(), Wins: score.Wins, Draws: score.Draws, Losses: score.Losses, WinRate: reached, WilsonLow: low,
		}
		if faced.Opponent == evaluated.CanonicalID {
			told = append(told, headToHead(of, evaluated.CanonicalID, score, e.settings().Policy.SPRT))
		}
	}
	return append(told, completed)
}

// updates are the ratings of those who have played, baselines with a given rating excepted.
func updates(config bus.Config, evaluated pipeline.Evaluated, now, before ledger.RatingSnapshot) (told []bus.Payload) {
	names := []string{evaluated.ModelID}
	for _, faced := range evaluated.Opponents {
		names = append(names, faced.Opponent)
	}
	for _, name := range names {
		rated, found := pipeline.RatingOf(now, name)
		if !found || rated.Low == rated.High {
			continue
		}
		update := bus.EloUpdated{
			Config: config, ParticipantID: name, Harness: now.Harness, Snapshot: now.Sequence, NewElo: rated.Rating,
			EloLow: rated.Low, EloHigh: rated.High, GamesPlayed: rated.Games,
		}
		if old, found := pipeline.RatingOf(before, name); found {
			update.OldElo = &old.Rating
		}
		told = append(told, update)
	}
	return told
}

func headToHead(of bus.Evaluation, canonical string, score rating.Score, test rating.SPRT) bus.HeadToHeadCompleted {
	reached, _ := score.Rate() // 0 without games
	told := bus.HeadToHeadCompleted{
		Evaluation: of, PreviousModel: canonical, NewWins: score.Wins, PreviousWins: score.Losses, Draws: score.Draws,
		GamesPlayed: score.Games(), NewWinRate: reached, Improved: test.Test(score).State == rating.Accepted,
	}
	if difference, ok := rating.Difference(reached, score.Players); ok {
		told.EloDifference = &difference
	}
	return told
}
