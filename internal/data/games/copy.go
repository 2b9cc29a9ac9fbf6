package games

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// The ids of the games to copy stand in a temporary table of the connection.
const (
	createBatch = `CREATE TEMP TABLE IF NOT EXISTS batch (game_id TEXT PRIMARY KEY) WITHOUT ROWID`
	emptyBatch  = `DELETE FROM temp.batch`
	inBatch     = `game_id IN (SELECT game_id FROM temp.batch)`
)

// setBatch replaces the ids of the batch.
func (s *session) setBatch(ctx context.Context, ids []string) error {
	if err := s.exec(ctx, createBatch, emptyBatch); err != nil {
		return err
	}
	insert, err := s.PrepareContext(ctx, `INSERT INTO temp.batch VALUES (?)`)
	if err != nil {
		return fmt.Errorf("choose games: %w", err)
	}
	defer func() { _ = insert.Close() }() // the statement did what it was for
	for _, id := range ids {
		if _, err := insert.ExecContext(ctx, id); err != nil {
			return fmt.Errorf("choose game %s: %w", id, err)
		}
	}
	return nil
}

// prepareTables gives the main database the tables and columns that it lacks, and an index by game where
// finding the rows of one would mean reading them all.
func (s *session) prepareTables(ctx context.Context, from []table) error {
	for _, want := range from {
		have, err := s.readTable(ctx, "main", want.name)
		if err != nil {
			return err
		}
		statements := []string{}
		if len(have.columns) == 0 {
			have = want
			statements = append(statements, want.define("main"))
		}
		for _, column := range want.columns {
			if !have.has(column.name) {
				statements = append(statements, fmt.Sprintf("ALTER TABLE main.%s ADD COLUMN %s", quote(want.name), column.define()))
			}
		}
		if err := s.exec(ctx, statements...); err != nil {
			return fmt.Errorf("prepare table %s: %w", want.name, err)
		}
		if err := s.prepareIndex(ctx, want.name); err != nil {
			return fmt.Errorf("prepare table %s: %w", want.name, err)
		}
	}
	return nil
}

// prepareIndex creates an index unless one begins with game_id already.
func (s *session) prepareIndex(ctx context.Context, table string) error {
	first, err := s.texts(ctx, `SELECT coalesce(i.name, '') FROM pragma_index_list(?, 'main') l, pragma_index_xinfo(l.name, 'main') i
		WHERE i.seqno = 0 AND l.partial = 0`, table)
	if err != nil {
		return err
	}
	keyed, err := s.texts(ctx, `SELECT name FROM pragma_table_info(?, 'main') WHERE pk = 1`, table)
	if err != nil {
		return err
	}
	if slices.Contains(first, idColumn) || slices.Contains(keyed, idColumn) {
		return nil
	}
	return s.exec(ctx, fmt.Sprintf("CREATE INDEX IF NOT EXISTS main.%s ON %s (game_id)", quote(table+"_by_game"), quote(table)))
}

// copyBatch copies the games of the batch from an attached schema into main: the row in games last.
func (s *session) copyBatch(ctx context.Context, schema string, tables []table) error {
	for _, one := range gamesLast(tables) {
		order := "game_id"
		if len(one.key) > 0 && one.key[0] == idColumn {
			order = quoteAll(one.key)
		}
		names := one.names("")
		err := s.exec(ctx, fmt.Sprintf("INSERT INTO main.%s (%s) SELECT %s FROM %s.%s WHERE %s ORDER BY %s",
			quote(one.name), names, names, schema, quote(one.name), inBatch, order))
		if err != nil {
			return fmt.Errorf("copy table %s: %w", one.name, err)
		}
	}
	return nil
}

// gamesLast puts the table games behind the others: triggers may refuse a completed game without moves.
func gamesLast(tables []table) []table {
	sorted := slices.Clone(tables)
	slices.SortStableFunc(sorted, func(a, b table) int {
		switch {
		case a.name == gamesTable && b.name != gamesTable:
			return 1
		case b.name == gamesTable && a.name != gamesTable:
			return -1
		}
		return strings.Compare(a.name, b.name)
	})
	return sorted
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return strings.Join(quoted, ", ")
}
