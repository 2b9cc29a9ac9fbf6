package check

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/workload"
)

// parityGames are enough to see a player that cheats, and few enough to be quick.
const parityGames = 120

// trainingLearns compares the trained model with its parent on the holdout.
func trainingLearns(ctx context.Context, k *kit) error {
	o, err := k.trainRun(ctx)
	if err != nil {
		return blocked(err)
	}
	var metrics workload.TrainMetrics
	if err := o.Result.DecodeMetrics(&metrics); err != nil {
		return err
	}
	if metrics.ValLossStart == nil || metrics.ValLossEnd == nil || !metrics.Finite {
		return errors.New("training with a holdout did not tell finite losses on it")
	}
	start, end := *metrics.ValLossStart, *metrics.ValLossEnd
	if k.manifest().Has(workload.Loss) {
		if start, end, err = k.measuredLosses(ctx); err != nil {
			return err
		}
	}
	if !(end < start) {
		return fmt.Errorf("the loss on the holdout went from %.4f to %.4f", start, end)
	}
	return nil
}

// measuredLosses measures parent and child by another command than the one that trained.
func (k *kit) measuredLosses(ctx context.Context) (parent, child float64, err error) {
	inputs, err := k.lessons(ctx)
	if err != nil {
		return 0, 0, err
	}
	trained, err := k.trained(ctx)
	if err != nil {
		return 0, 0, err
	}
	if parent, err = k.loss(ctx, inputs[2], inputs[1]); err != nil {
		return 0, 0, err
	}
	child, err = k.loss(ctx, trained, inputs[1])
	return parent, child, err
}

func (k *kit) loss(ctx context.Context, model, dataset workload.Input) (float64, error) {
	o, err := k.succeed(ctx, spec{
		command: workload.Loss, inputs: []workload.Input{model, dataset},
		params: workload.LossParams{Model: model.Name, Dataset: dataset.Name},
	})
	if err != nil {
		return 0, err
	}
	var metrics workload.LossMetrics
	err = o.Result.DecodeMetrics(&metrics)
	return metrics.PolicyLoss + metrics.ValueLoss, err
}

// tables are the configurations in which seats are looked at: the kit's, and the one with most players.
func (k *kit) tables() []workload.Config {
	largest := k.config
	for _, config := range k.manifest().Configs {
		if config.Players > largest.Players {
			largest = config
		}
	}
	if largest.Key == k.config.Key {
		return []workload.Config{k.config}
	}
	return []workload.Config{k.config, largest}
}

// parity lets a model play against itself: its share of the wins must not be far from its share of the seats.
// A draw is worth what a seat is. The bound is five standard deviations.
func parity(ctx context.Context, k *kit) error {
	for _, config := range k.tables() {
		o, err := k.matchRun(ctx, config.Key, parityGames)
		if err != nil {
			return blocked(err)
		}
		var metrics workload.MatchMetrics
		if err := o.Result.DecodeMetrics(&metrics); err != nil {
			return err
		}
		if len(metrics.Pairs) != 1 || len(metrics.Pairs[0].Participants) != 2 {
			return errors.New("one pairing was asked for, of two participants")
		}
		score := metrics.Pairs[0].Participants[0].Total()
		seat := 1 / float64(config.Players)
		share := (float64(score.Wins) + float64(score.Draws)*seat) / float64(score.Games)
		if bound := 5 * math.Sqrt(seat*(1-seat)/float64(score.Games)); math.Abs(share-seat) > bound || score.Games < parityGames {
			return fmt.Errorf("%s: the first of two equals scores %.2f in %d games, expected %.2f ± %.2f", config.Key, share, score.Games, seat, bound)
		}
	}
	return nil
}
