package check

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ringrift/orchestrator/internal/workload"
)

// inspectFacts compares what inspect tells of games with what the kit counts.
func inspectFacts(ctx context.Context, k *kit) error {
	o, err := k.selfplayRun(ctx)
	if err != nil {
		return blocked(err)
	}
	input, err := k.games(ctx)
	if err != nil {
		return err
	}
	facts, err := k.facts(ctx, input)
	if err != nil {
		return err
	}
	games, err := readGames(ctx, o)
	if err != nil {
		return blocked(err)
	}
	winners, ids := make([]int64, k.config.Players), []string{}
	draws := int64(0)
	for _, g := range games {
		ids = append(ids, g.ID)
		if g.Winner == 0 {
			draws++
		} else {
			winners[g.Winner-1]++
		}
	}
	switch {
	case facts.Records != int64(len(games)) || facts.Games != facts.Records || facts.Verified != facts.Records:
		return fmt.Errorf("%d records, %d games, %d verified; the file has %d games", facts.Records, facts.Games, facts.Verified, len(games))
	case len(facts.ReplayErrors) > 0:
		return fmt.Errorf("replay errors in games of self-play: %s", facts.ReplayErrors[0])
	case !slices.Equal(facts.WinnersBySeat, winners) || facts.Draws == nil || *facts.Draws != draws:
		return fmt.Errorf("winners by seat %v; the file has %v and %d draws", facts.WinnersBySeat, winners, draws)
	case !slices.Equal(facts.IDs, ids):
		return errors.New("the ids are not those of the file, in order")
	case facts.RulesHash == "":
		return errors.New("rules_hash is absent")
	}
	return nil
}

// inspectVerifies gives one game another winner, which only a replay can find.
func inspectVerifies(ctx context.Context, k *kit) error {
	whole, err := k.games(ctx)
	if err != nil {
		return blocked(err)
	}
	path := filepath.Join(k.options.Folder, "tampered.db")
	if err := copyFile(whole.Path, path); err != nil {
		return err
	}
	if err := errors.Join(os.Chmod(path, 0o644), changeWinner(ctx, path)); err != nil {
		return blocked(err)
	}
	tampered, err := k.keep("tampered", workload.RoleGames, path)
	if err != nil {
		return err
	}
	facts, err := k.facts(ctx, tampered)
	if err != nil {
		return err
	}
	if len(facts.ReplayErrors) != 1 {
		return fmt.Errorf("one winner was changed, inspect found %d faults", len(facts.ReplayErrors))
	}
	return nil
}

func changeWinner(ctx context.Context, path string) error {
	database, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer database.Close()
	changed, err := database.ExecContext(ctx, `UPDATE games SET winner = winner % num_players + 1
		WHERE game_id = (SELECT min(game_id) FROM games WHERE winner IS NOT NULL)`)
	if err != nil {
		return fmt.Errorf("change a winner: %w", err)
	}
	if count, err := changed.RowsAffected(); err != nil || count != 1 {
		return fmt.Errorf("change a winner: %d rows: %w", count, err)
	}
	return nil
}
