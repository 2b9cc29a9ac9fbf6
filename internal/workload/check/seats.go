package check

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload"
)

// seatBalance counts, in the games themselves, how often the model sat where.
func seatBalance(ctx context.Context, k *kit) error {
	for _, config := range k.tables() {
		o, err := k.evaluateRun(ctx, config.Key)
		if err != nil {
			return blocked(err)
		}
		games, err := readGames(ctx, o)
		if err != nil {
			return blocked(err)
		}
		counted := make([]int, config.Players)
		for _, g := range games {
			for seat, name := range g.Participants {
				if name == "initial" && seat < len(counted) {
					counted[seat]++
				}
			}
		}
		for _, count := range counted {
			if count != counted[0] || count*config.Players < k.options.Games {
				return fmt.Errorf("%s: the model sat in the seats %v times, %d games were asked for", config.Key, counted, k.options.Games)
			}
		}
	}
	return nil
}

// scores compares what evaluate tells with its games.
func scores(ctx context.Context, k *kit) error {
	for _, config := range k.tables() {
		o, err := k.evaluateRun(ctx, config.Key)
		if err != nil {
			return blocked(err)
		}
		games, err := readGames(ctx, o)
		if err != nil {
			return blocked(err)
		}
		var metrics workload.EvaluateMetrics
		if err := o.Result.DecodeMetrics(&metrics); err != nil {
			return err
		}
		if len(metrics.PerOpponent) != 1 {
			return fmt.Errorf("%s: one opponent was asked for, %d were told", config.Key, len(metrics.PerOpponent))
		}
		if err := sameScores(metrics.PerOpponent[0], bySeat(games, "initial", config.Players)); err != nil {
			return fmt.Errorf("%s: %w", config.Key, err)
		}
	}
	return nil
}

// bySeat counts a participant's scores.
func bySeat(games []game, name string, players int) []workload.Score {
	scores := make([]workload.Score, players)
	for _, g := range games {
		for seat, participant := range g.Participants {
			if participant != name || seat >= players {
				continue
			}
			scores[seat].Games++
			switch g.Winner {
			case 0:
				scores[seat].Draws++
			case seat + 1:
				scores[seat].Wins++
			default:
				scores[seat].Losses++
			}
		}
	}
	return scores
}

func sameScores(told workload.OpponentResult, counted []workload.Score) error {
	total := workload.ParticipantResult{BySeat: counted}.Total()
	if told.Score != total || len(told.BySeat) != len(counted) {
		return fmt.Errorf("told %+v in %d seats, the games say %+v in %d", told.Score, len(told.BySeat), total, len(counted))
	}
	for seat, score := range counted {
		if told.BySeat[seat] != score {
			return fmt.Errorf("seat %d: told %+v, the games say %+v", seat+1, told.BySeat[seat], score)
		}
	}
	return nil
}
