package elosync

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/data/format"
)

// database is one file with a table match_history.
type database struct {
	path  string
	db    *sql.DB
	query string // the columns of a record, in their order
}

// columns are where each part of a record is found, most recent spelling first. What no column has is NULL.
func columns() [][]string {
	return [][]string{
		{"participant_ids"},
		{"participant_a", "model_a", "player_a"},
		{"participant_b", "model_b", "player_b"},
		{"rankings"},
		{"winner_id", "winner", "winner_model"},
		{"board_type"}, {"num_players"},
		{"timestamp", "played_at", "created_at"},
		{"game_id"},
		{"harness_type", "harness"},
		{"tournament_id", "evaluation_id"},
	}
}

func openDatabase(ctx context.Context, path string) (*database, error) {
	db, err := format.OpenLive(ctx, path)
	if err != nil {
		return nil, err
	}
	d := &database{path: path, db: db}
	if d.query, err = d.choose(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("read matches of %s: %w", path, err), db.Close())
	}
	return d, nil
}

// choose finds the spelling of a database. One without matches has no query.
func (d *database) choose(ctx context.Context) (string, error) {
	rows, err := d.db.QueryContext(ctx, `SELECT name FROM pragma_table_info('match_history')`)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }() // Err tells what was wrong
	has := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return "", err
		}
		has[name] = true
	}
	if err := rows.Err(); err != nil || len(has) == 0 {
		return "", err
	}
	parts := []string{"rowid"}
	for _, spellings := range columns() {
		part := "NULL"
		for _, name := range spellings {
			if has[name] {
				part = "CAST(" + name + " AS TEXT)" // the driver must not guess times
				break
			}
		}
		parts = append(parts, part)
	}
	return "SELECT " + strings.Join(parts, ", ") + " FROM match_history", nil
}

// rows returns the records behind a number, in the order of their numbers.
func (d *database) rows(ctx context.Context, after int64, limit int) ([]record, error) {
	if d.query == "" {
		return nil, nil
	}
	found, err := d.db.QueryContext(ctx, d.query+" WHERE rowid > ? ORDER BY rowid LIMIT ?", after, limit)
	if err != nil {
		return nil, fmt.Errorf("read matches of %s: %w", d.path, err)
	}
	defer func() { _ = found.Close() }() // Err tells what was wrong
	var all []record
	for found.Next() {
		r := record{}
		var texts [11]sql.NullString
		if err := found.Scan(&r.number, &texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &texts[5], &texts[6], &texts[7], &texts[8], &texts[9], &texts[10]); err != nil {
			return nil, fmt.Errorf("read matches of %s: %w", d.path, err)
		}
		for i, into := range []*string{&r.ids, &r.a, &r.b, &r.rankings, &r.winner, &r.board, &r.players, &r.at, &r.gameID, &r.harness, &r.source} {
			*into = texts[i].String
		}
		all = append(all, r)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("read matches of %s: %w", d.path, err)
	}
	return all, nil
}

// first tells the database's first record, so that another database under the same name is noticed.
func (d *database) first(ctx context.Context) (string, error) {
	rows, err := d.rows(ctx, -1<<62, 1)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].identity(), nil
}

// at identifies the record of a number; empty: there is none.
func (d *database) at(ctx context.Context, number int64) (string, error) {
	rows, err := d.rows(ctx, number-1, 1)
	if err != nil || len(rows) == 0 || rows[0].number != number {
		return "", err
	}
	return rows[0].identity(), nil
}

func (d *database) close() error { return d.db.Close() }
