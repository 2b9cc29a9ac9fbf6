package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
)

// samples follows the number of samples from export through combine.
func samples(ctx context.Context, k *kit) error {
	o, err := k.exportRun(ctx)
	if err != nil {
		return blocked(err)
	}
	var told workload.ExportMetrics
	if err := o.Result.DecodeMetrics(&told); err != nil {
		return err
	}
	dataset, err := k.dataset(ctx)
	if err != nil {
		return err
	}
	facts, err := k.facts(ctx, dataset)
	switch {
	case err != nil:
		return err
	case told.Samples != facts.Records || told.Games != facts.Games:
		return fmt.Errorf("export told %d samples of %d games, the file has %d of %d", told.Samples, told.Games, facts.Records, facts.Games)
	case told.Games != int64(k.options.Games):
		return fmt.Errorf("export used %d games of %d", told.Games, k.options.Games)
	case facts.Finite == nil || !*facts.Finite:
		return errors.New("inspect does not say that every number is finite")
	}
	return nil
}

// holdoutDisjoint looks for games that are on both sides, or on none.
func holdoutDisjoint(ctx context.Context, k *kit) error {
	inputs, err := k.lessons(ctx)
	if err != nil {
		return blocked(err)
	}
	training, err := k.facts(ctx, inputs[0])
	if err != nil {
		return err
	}
	holdout, err := k.facts(ctx, inputs[1])
	if err != nil {
		return err
	}
	for _, id := range holdout.IDs {
		if slices.Contains(training.IDs, id) {
			return fmt.Errorf("the game %s is in both", id)
		}
	}
	if count := len(training.IDs) + len(holdout.IDs); count != k.options.Games || len(holdout.IDs) == 0 {
		return fmt.Errorf("%d games in training, %d in the holdout; there are %d", len(training.IDs), len(holdout.IDs), k.options.Games)
	}
	return nil
}

// mergeNew merges games with themselves, and with half of them known.
func mergeNew(ctx context.Context, k *kit) error {
	games, err := k.games(ctx)
	if err != nil {
		return blocked(err)
	}
	facts, err := k.facts(ctx, games)
	if err != nil {
		return blocked(err)
	}
	half := len(facts.IDs) / 2
	path := filepath.Join(k.options.Folder, "known.txt")
	if err := os.WriteFile(path, []byte(strings.Join(facts.IDs[:half], "\n")+"\n"), 0o644); err != nil {
		return err
	}
	known, err := k.keep("known", workload.RoleKnownIDs, path)
	if err != nil {
		return err
	}
	twice := games
	twice.Name = "again"
	o, err := k.succeed(ctx, spec{
		command: workload.Merge, inputs: []workload.Input{games, twice, known},
		params: workload.MergeParams{Games: []string{games.Name, twice.Name}, KnownIDs: known.Name, MinMoves: 1},
	})
	if err != nil {
		return err
	}
	merged, err := readGames(ctx, o)
	if err != nil {
		return err
	}
	var ids []string
	for _, g := range merged {
		ids = append(ids, g.ID)
	}
	if !slices.Equal(ids, facts.IDs[half:]) {
		return fmt.Errorf("%d games were new, %d were merged", len(facts.IDs)-half, len(ids))
	}
	return nil
}
