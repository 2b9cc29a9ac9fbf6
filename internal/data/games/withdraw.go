package games

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/data"
)

// Withdrawal is a merged file whose games leave a store again.
type Withdrawal struct {
	Source string   // a closed games file
	SHA256 data.Sum // of the source
	Store  string   // that has merged it
	Others []string // closed games files: what is in one of them stays
}

// Withdraw takes the games of a file out of a store that has merged it, each with its rows in all tables, and returns how
// many went. A game stays if another file has it too, or if the store has it with other rows. All is one transaction, in
// place: a crash leaves all or nothing, those who read the store go on, and a file that was withdrawn is none that was merged.
func Withdraw(ctx context.Context, w Withdrawal) (removed int, err error) {
	opened, err := openSession(ctx, w.Store, "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(OFF)")
	if err == nil {
		removed, err = opened.withdraw(ctx, w)
		err = errors.Join(err, opened.close())
	}
	if err != nil {
		return 0, fmt.Errorf("withdraw %s from %s: %w", w.Source, w.Store, err)
	}
	return removed, nil
}

func (s *session) withdraw(ctx context.Context, w Withdrawal) (removed int, err error) {
	if err := s.attach(ctx, w.Source, "source", true); err != nil {
		return 0, err
	}
	tables, err := s.readTables(ctx, "source")
	if err != nil {
		return 0, err
	}
	if err := s.chooseOnly(ctx, w.Others); err != nil {
		return 0, err
	}
	err = s.inTransaction(ctx, "BEGIN IMMEDIATE", func() error {
		forgotten, err := s.texts(ctx, `DELETE FROM main.merged_sources WHERE sha256 = ? RETURNING sha256`, w.SHA256.String())
		if err != nil || len(forgotten) == 0 {
			return err
		}
		same, err := s.same(ctx, tables)
		if err != nil {
			return err
		}
		removed = len(same)
		return s.remove(ctx, same)
	})
	return removed, err
}

// chooseOnly makes those games of the source the batch that are in no other file.
func (s *session) chooseOnly(ctx context.Context, others []string) error {
	if err := s.exec(ctx, createBatch, emptyBatch, `INSERT INTO temp.batch SELECT game_id FROM source.games`); err != nil {
		return err
	}
	for _, other := range others {
		if err := s.attach(ctx, other, "other", true); err != nil {
			return err
		}
		if err := s.exec(ctx, `DELETE FROM temp.batch WHERE game_id IN (SELECT game_id FROM other.games)`, `DETACH DATABASE other`); err != nil {
			return fmt.Errorf("compare with %s: %w", other, err)
		}
	}
	return nil
}

// same are the games of the batch that the store has as the source has them.
func (s *session) same(ctx context.Context, tables []table) (ids []string, err error) {
	here := map[string]data.Sum{}
	if err := s.eachGame(ctx, "main", tables, inBatch, func(one game) error {
		here[one.id] = one.sum
		return nil
	}); err != nil {
		return nil, err
	}
	err = s.eachGame(ctx, "source", tables, inBatch, func(one game) error {
		if sum, found := here[one.id]; found && sum == one.sum {
			ids = append(ids, one.id)
		}
		return nil
	})
	return ids, err
}

// remove deletes games from main: the row in games first, for triggers that guard the moves of a completed game.
func (s *session) remove(ctx context.Context, ids []string) error {
	if err := s.setBatch(ctx, ids); err != nil {
		return err
	}
	tables, err := s.readTables(ctx, "main")
	if err != nil {
		return err
	}
	sorted := gamesLast(tables)
	for i := range sorted {
		if err := s.exec(ctx, fmt.Sprintf("DELETE FROM main.%s WHERE %s", quote(sorted[len(sorted)-1-i].name), inBatch)); err != nil {
			return err
		}
	}
	return nil
}
