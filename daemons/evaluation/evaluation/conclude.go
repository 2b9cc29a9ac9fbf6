package evaluation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/rating"
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

// matches are what ratings are computed from.
func matches(configKey string, evaluated pipeline.Evaluated) (all []ledger.Match) {
	common := ledger.Match{
		ConfigKey: configKey, Harness: evaluated.Harness, Source: evaluated.EvaluationID, Node: evaluated.Node, PlayedAt: evaluated.PlayedAt,
	}
	for _, faced := range evaluated.Opponents {
		all = append(all, pipeline.Matches(common, evaluated.ModelID, faced.Opponent, faced.BySeat)...)
	}
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
	played := []string{evaluated.ModelID}
	for _, faced := range evaluated.Opponents {
		played = append(played, faced.Opponent)
	}
	told := pipeline.RatingNews(played, now, before)
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
