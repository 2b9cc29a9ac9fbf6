package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Bounds of what is taken from a row of a games file.
const (
	maxIDBytes   = 128
	maxNameBytes = 64
	maxSeats     = 64
	// modelDigits of the hash of its file are a model's id.
	modelDigits = 16
)

// finishedGames reads the games of a closed file that are over, by id. A game that says so and is not complete does
// not count; skipped tells of such, empty if there are none.
func (t *attempt) finishedGames(ctx context.Context, path string, complete games.Completeness) (found []ledger.Game, skipped string, err error) {
	if complete.Faulty > int64(len(complete.Faults)) {
		return nil, "", permanent(classProtocol, "%d of its games are over without being complete: game %s: %s",
			complete.Faulty, complete.Faults[0].GameID, complete.Faults[0].Reason)
	}
	faulty := map[string]bool{}
	for _, fault := range complete.Faults {
		faulty[fault.GameID] = true
		skipped = fmt.Sprintf("%d games are not counted: game %s: %s", complete.Faulty, fault.GameID, fault.Reason)
	}
	db, err := format.OpenClosed(ctx, path)
	if err != nil {
		return nil, "", err
	}
	err = t.eachFinished(ctx, db, func(game ledger.Game) {
		if !faulty[game.ID] {
			found = append(found, game)
		}
	})
	return found, skipped, errors.Join(err, db.Close())
}

func (t *attempt) eachFinished(ctx context.Context, db *sql.DB, act func(ledger.Game)) error {
	query, err := finishedQuery(ctx, db)
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, query, ledger.MaxGames+1)
	if err != nil {
		return fmt.Errorf("read games: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells what was wrong
	known := t.models()
	for rows.Next() {
		game, err := t.scanGame(rows, known)
		if err != nil {
			return err
		}
		act(game)
	}
	return rows.Err()
}

// finishedQuery asks for columns by name; those that a workload may leave out count as NULL. The casts keep the
// driver from guessing times by a column's declared type.
func finishedQuery(ctx context.Context, db *sql.DB) (string, error) {
	optional := func(name string) (string, error) {
		var has bool
		err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pragma_table_info('games') WHERE name = ?)`, name).Scan(&has)
		if err != nil || !has {
			return "NULL", err
		}
		return "CAST(" + name + " AS TEXT)", nil
	}
	completed, err := optional("completed_at")
	if err != nil {
		return "", fmt.Errorf("read games: %w", err)
	}
	seats, err := optional("participants_json")
	if err != nil {
		return "", fmt.Errorf("read games: %w", err)
	}
	return `SELECT CAST(game_id AS TEXT), winner, total_moves, ` + completed + `, ` + seats + ` FROM games
		WHERE game_status IN ('completed', 'finished') ORDER BY game_id LIMIT ?`, nil
}

func (t *attempt) scanGame(row *sql.Rows, known map[string]string) (ledger.Game, error) {
	var game ledger.Game
	var winner sql.NullInt64
	var completed, seats sql.NullString
	if err := row.Scan(&game.ID, &winner, &game.Moves, &completed, &seats); err != nil {
		return game, fmt.Errorf("read games: %w", err)
	}
	if game.ID == "" || len(game.ID) > maxIDBytes || !utf8.ValidString(game.ID) {
		return game, permanent(classProtocol, "game id %.200q: use 1 to %d bytes of UTF-8", game.ID, maxIDBytes)
	}
	game.Winner = winner.Int64 // NULL is a draw, which is 0
	if game.Winner < ledger.Draw || game.Winner > maxSeats || game.Moves < 0 {
		return game, permanent(classProtocol, "game %s: winner %d, %d moves: a winner is a seat from 1", game.ID, game.Winner, game.Moves)
	}
	game.FinishedAt = t.finishedAt(completed.String)
	var err error
	game.ModelIDs, err = modelIDs(seats.String, known)
	if err != nil {
		return game, permanent(classProtocol, "game %s: participants_json: %v", game.ID, err)
	}
	return game, nil
}

// finishedAt is what the row says, or else when the job was created, so that it is the same for each attempt.
func (t *attempt) finishedAt(text string) time.Time {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC()
	}
	return t.IssuedAt.UTC()
}

// modelIDs turns the names of who sat where into ids of models; baselines keep their names.
func modelIDs(seats string, known map[string]string) ([]string, error) {
	if seats == "" {
		return nil, nil
	}
	var names []string
	if err := json.Unmarshal([]byte(seats), &names); err != nil {
		return nil, err
	}
	if len(names) > maxSeats {
		return nil, fmt.Errorf("%d seats, at most %d are taken", len(names), maxSeats)
	}
	for i, name := range names {
		if len(name) > maxNameBytes {
			return nil, fmt.Errorf("name %.100q: use at most %d bytes", name, maxNameBytes)
		}
		if id, found := known[name]; found {
			names[i] = id
		}
	}
	return names, nil
}

// models are the ids of models by the names under which they play: those of inputs, or of participants.
func (t *attempt) models() map[string]string {
	known := map[string]string{}
	for _, input := range t.Inputs {
		if input.Role == workload.RoleModel {
			known[input.Name] = input.SHA256.String()[:modelDigits]
		}
	}
	var match workload.MatchParams
	if t.Command != workload.Match || json.Unmarshal(t.Params, &match) != nil {
		return known
	}
	named := map[string]string{}
	for _, participant := range match.Participants {
		if id, found := known[participant.Model]; found {
			named[participant.ID] = id
		}
	}
	return named
}
