package ledger

import (
	"context"
	"fmt"
	"time"
)

// GameTotal is how many games of a config were ever counted.
type GameTotal struct {
	ConfigKey string `json:"config_key"`
	Games     int64  `json:"games"`
	Moves     int64  `json:"moves"`
}

// Batch is what came of one batch of games.
type Batch struct {
	ID    string          `json:"batch_id"`
	Games int64           `json:"games"`
	Moves int64           `json:"moves"`
	Wins  map[int64]int64 `json:"wins"` // games by winner: a seat, Draw or UnknownWinner
}

const gameFileColumns = `sha256, config_key, batch_id, node, purpose, games, logical_digest, left_out, recorded_at`

// GameTotals returns the counts of all configs, by config. It costs the same however many games there are.
func (l *Ledger) GameTotals(ctx context.Context) ([]GameTotal, error) {
	return readAll(ctx, l, "count games", func(r row) (g GameTotal, err error) { return g, r.Scan(&g.ConfigKey, &g.Games, &g.Moves) },
		"SELECT config_key, games, moves FROM game_totals ORDER BY config_key LIMIT ?", maxLimit)
}

// GamesSince counts the games of a config that entered the ledger at a time or later.
func (l *Ledger) GamesSince(ctx context.Context, configKey string, since time.Time) (int64, error) {
	return readOne(ctx, l, "count new games of "+configKey, scanInt,
		"SELECT COUNT(*) FROM games WHERE config_key = ? AND recorded_at >= ?", configKey, since.UnixMicro())
}

// TrainingGames counts the games of a config that may be trained on: those of self-play and imports, as many as their
// files hold, but for files that were left out.
func (l *Ledger) TrainingGames(ctx context.Context, configKey string) (int64, error) {
	return readOne(ctx, l, "count games of "+configKey+" to train on", scanInt, `SELECT CAST(COALESCE(SUM(games), 0) AS BIGINT) FROM game_files
		WHERE config_key = ? AND purpose IN ('selfplay', 'import') AND left_out = ''`, configKey)
}

// Batch sums up one batch; one that is not known has no games.
func (l *Ledger) Batch(ctx context.Context, id string) (Batch, error) {
	batch := Batch{ID: id, Wins: map[int64]int64{}}
	type part struct{ winner, games, moves int64 }
	parts, err := readAll(ctx, l, "sum up batch "+id,
		func(r row) (p part, err error) { return p, r.Scan(&p.winner, &p.games, &p.moves) },
		"SELECT winner, COUNT(*), CAST(SUM(moves) AS BIGINT) FROM games WHERE batch_id = ? GROUP BY winner", id)
	for _, p := range parts {
		batch.Games += p.games
		batch.Moves += p.moves
		batch.Wins[p.winner] = p.games
	}
	return batch, err
}

// GamesOfBatch lists the games of one batch in the order of their ids; one that is not known has none.
func (l *Ledger) GamesOfBatch(ctx context.Context, id string, page Page) (List[Game], error) {
	var w where
	w.add("batch_id = ?", id)
	return listing[Game]{
		act: "list games of batch " + id, query: "SELECT game_id, models, moves, winner, finished_at FROM games",
		scan: func(r row) (g Game, err error) {
			return g, r.Scan(&g.ID, list(&g.ModelIDs), &g.Moves, &g.Winner, at(&g.FinishedAt))
		},
		order: order{keys: []string{"game_id"}, names: true},
		key:   func(g Game) []any { return []any{g.ID} },
	}.part(ctx, l, w, page)
}

// KnownGames returns which of the games, at most MaxGames, are counted already.
func (l *Ledger) KnownGames(ctx context.Context, ids []string) ([]string, error) {
	if err := count("ids", len(ids), MaxGames); err != nil {
		return nil, fmt.Errorf("look up games: %w", err)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return readAll(ctx, l, "look up games", scanText, "SELECT game_id FROM games WHERE game_id IN ("+marks(len(ids))+")", anys(ids)...)
}

// GameFile returns one file of games, or ErrNotFound.
func (l *Ledger) GameFile(ctx context.Context, sha256 string) (GameFile, error) {
	return readOne(ctx, l, "find game file "+sha256, scanGameFile, "SELECT "+gameFileColumns+" FROM game_files WHERE sha256 = ?", sha256)
}

// GameFiles lists the files of a config, or of all if it is empty, oldest first.
func (l *Ledger) GameFiles(ctx context.Context, configKey string, page Page) (List[GameFile], error) {
	var w where
	w.equal("config_key", configKey)
	return listing[GameFile]{
		act: "list game files", query: "SELECT " + gameFileColumns + " FROM game_files", scan: scanGameFile,
		order: order{keys: []string{"recorded_at", "sha256"}},
		key:   func(f GameFile) []any { return []any{f.RecordedAt, f.SHA256} },
	}.part(ctx, l, w, page)
}

func scanGameFile(r row) (f GameFile, err error) {
	return f, r.Scan(&f.SHA256, &f.ConfigKey, &f.BatchID, &f.Node, &f.Purpose, &f.Games, &f.LogicalDigest, &f.LeftOut, at(&f.RecordedAt))
}
