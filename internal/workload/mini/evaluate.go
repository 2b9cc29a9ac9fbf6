package main

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
)

// Defaults of judging.
const (
	judgingBudget = 12
	judgingPlies  = 2
)

// evaluate plays a model against each of its opponents.
func evaluate(ctx context.Context, task *adapter.Task) (any, error) {
	return inSession(ctx, task, newEvaluation, (*session).evaluate)
}

func (s *session) evaluate(ctx context.Context, file *gamesFile, params workload.EvaluateParams) (any, error) {
	started := time.Now()
	var err error
	var metrics workload.EvaluateMetrics
	first := 0
	for i, opponent := range params.Opponents {
		end := first + balanced(opponent.Games, s.rules.Players)
		result := workload.OpponentResult{Opponent: opponent.Player, BySeat: make([]workload.Score, s.rules.Players)}
		err = s.faceOpponent(ctx, file, &result, params, i, first, end)
		result.Score = total(result.BySeat)
		metrics.PerOpponent = append(metrics.PerOpponent, result)
		if err != nil {
			break
		}
		first = end
	}
	err = file.finish(err)
	metrics.ElapsedSeconds = time.Since(started).Seconds()
	s.task.Count("games", int64(s.done))
	return unlessEmpty(metrics, s.done), err
}

// unlessEmpty keeps the metrics of a command that was stopped before its first game from passing for a result.
func unlessEmpty(metrics any, games int) any {
	if games == 0 {
		return nil
	}
	return metrics
}

// newEvaluation casts the model as number 0 and the opponents after it.
func newEvaluation(task *adapter.Task, rules *game.Rules, params workload.EvaluateParams) (*session, error) {
	budget, err := budgetOf(params.SearchBudget, judgingBudget)
	if err != nil {
		return nil, err
	}
	if err := checkStopRule(params.StopRule); err != nil {
		return nil, err
	}
	if err := checkOpening(params.OpeningPlies); err != nil {
		return nil, err
	}
	s := &session{task: task, rules: rules, table: play.Table{Opening: orOff(params.OpeningPlies, judgingPlies)}}
	who, err := cast(task, rules, "model", workload.Player{Model: params.Model, Harness: params.Harness}, style{budget, harnessSearch, 0})
	if err != nil {
		return nil, err
	}
	s.cast = append(s.cast, who)
	for _, opponent := range params.Opponents {
		if opponent.Games < 1 || opponent.Games > maxGames {
			return nil, badRequest("opponents.games = %d: use 1 to %d", opponent.Games, maxGames)
		}
		who, err := cast(task, rules, "opponents", opponent.Player, style{budget, harnessSearch, 0})
		if err != nil {
			return nil, err
		}
		if who.seat.Name == s.cast[0].seat.Name {
			who.seat.Name += " (opponent)"
		}
		s.cast = append(s.cast, who)
		s.total += balanced(opponent.Games, rules.Players)
	}
	if len(params.Opponents) == 0 {
		return nil, badRequest("opponents: give at least one")
	}
	return s, nil
}

// faceOpponent plays the games numbered first to end-1 against one opponent. Each opening is played from every
// seat before the next one, and all opponents meet the same openings.
func (s *session) faceOpponent(ctx context.Context, file *gamesFile, result *workload.OpponentResult, params workload.EvaluateParams, opponent, first, end int) error {
	players := s.rules.Players
	return s.series(ctx, first, end,
		func(index int) fixture {
			at := index - first
			return fixture{rotate(players, at%players, 0, opponent+1), s.opening(params.OpeningSeeds, at/players)}
		},
		func(record play.Record) error {
			if err := file.put(record); err != nil {
				return err
			}
			at := record.Index - first
			scoreGame(result.BySeat, at%players, record.Winner)
			if wholeRound := (at+1)%players == 0; wholeRound && record.Index+1 < end && decided(params.StopRule, total(result.BySeat), players) {
				result.StoppedEarly = true
				return errStop
			}
			return nil
		})
}

// opening returns the seed of a numbered opening: from the list, again and again, or else from the request's seed.
func (s *session) opening(seeds []int64, number int) uint64 {
	if len(seeds) > 0 {
		return uint64(seeds[number%len(seeds)])
	}
	return play.Seed(^uint64(s.task.Request.Seed), number)
}
