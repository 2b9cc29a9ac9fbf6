package check

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload"
)

// stopRule asks for an evaluation by a rule to which every game is clear evidence for one side or the other.
func stopRule(ctx context.Context, k *kit) error {
	const rounds = 20
	model, err := k.initial(ctx, k.config.Key)
	if err != nil {
		return blocked(err)
	}
	rule := workload.StopRule{Elo0: 0, Elo1: 800, Alpha: 0.4, Beta: 0.4, MinGames: 2 * k.config.Players}
	asked := rounds * k.config.Players
	o, err := k.succeed(ctx, spec{
		command: workload.Evaluate, inputs: []workload.Input{model},
		params: workload.EvaluateParams{
			Model: model.Name, SearchBudget: searchBudget, OpeningPlies: 2, StopRule: &rule,
			Opponents: []workload.Opponent{{Player: workload.Player{Baseline: workload.BaselineRandom}, Games: asked}},
		},
	})
	if err != nil {
		return err
	}
	var metrics workload.EvaluateMetrics
	if err := o.Result.DecodeMetrics(&metrics); err != nil {
		return err
	}
	if len(metrics.PerOpponent) != 1 {
		return fmt.Errorf("one opponent was asked for, %d were told", len(metrics.PerOpponent))
	}
	return stoppedInTime(metrics.PerOpponent[0], rule, asked)
}

// stoppedInTime says whether an evaluation ended early, but not too early, and after every seat was played.
func stoppedInTime(told workload.OpponentResult, rule workload.StopRule, asked int) error {
	switch {
	case told.Games >= asked || !told.StoppedEarly:
		return fmt.Errorf("all %d of %d games were played: stop_rule was passed over, or stopped_early is not told", told.Games, asked)
	case told.Games < rule.MinGames:
		return fmt.Errorf("%d games were played, min_games is %d", told.Games, rule.MinGames)
	}
	for _, seat := range told.BySeat {
		if seat.Games != told.BySeat[0].Games {
			return fmt.Errorf("it ended in the middle of a round: %+v", told.BySeat)
		}
	}
	return nil
}
