package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// MaxGames is how many games one call of RecordGames takes.
	MaxGames = 5000
	// gamesPerStatement keeps a statement below the number of values a database takes.
	gamesPerStatement = 100

	// Draw and UnknownWinner are the winners that are no seat.
	Draw          = 0
	UnknownWinner = -1
)

// What the games of a file were played for.
const (
	PurposeSelfplay   = "selfplay"
	PurposeEvaluation = "evaluation"
	PurposeMatch      = "match"
	PurposeImport     = "import"
)

// Game is one finished game.
type Game struct {
	ID         string    `json:"game_id"`
	ModelIDs   []string  `json:"model_ids"` // by seat; empty for a built-in player
	Moves      int64     `json:"moves"`
	Winner     int64     `json:"winner"` // a seat from 1, Draw or UnknownWinner
	FinishedAt time.Time `json:"finished_at"`
}

// GameFile is a closed file of games, known by its content.
type GameFile struct {
	SHA256        string    `json:"sha256"`
	ConfigKey     string    `json:"config_key"`
	BatchID       string    `json:"batch_id"`
	JobID         string    `json:"job_id,omitempty"` // kept with the games
	Node          string    `json:"node"`
	Purpose       string    `json:"purpose"`            // empty means PurposeSelfplay
	Games         int64     `json:"games"`              // how many the file holds
	LogicalDigest string    `json:"logical_digest"`     // of its games, whatever their place in the file
	LeftOut       string    `json:"left_out,omitempty"` // why its cut goes on without it; set by LeaveOut
	RecordedAt    time.Time `json:"recorded_at"`
}

// RecordGames counts games that came in a file and returns how many were new. A game that is known stays as it
// was first recorded, whichever file brings it again, and so does the purpose of a file. At most MaxGames a call; a larger file takes several.
func (s *Session) RecordGames(ctx context.Context, file GameFile, games []Game) (added int, err error) {
	act := "record games of file " + file.SHA256
	file.Purpose = cmp.Or(file.Purpose, PurposeSelfplay)
	if err := firstError(file.validate(), checkGames(games)); err != nil {
		return 0, fmt.Errorf("%s: %w", act, err)
	}
	games = slices.Clone(games)
	slices.SortFunc(games, func(a, b Game) int { return strings.Compare(a.ID, b.ID) }) // one order, no deadlock
	err = s.write(ctx, act, func(t *tx) (err error) {
		if err := t.addGameFile(file); err != nil {
			return err
		}
		added, err = t.addGames(file, games)
		return err
	})
	return added, err
}

// addGames counts what is new in the transaction that stores it.
func (t *tx) addGames(file GameFile, games []Game) (added int, err error) {
	var moves int64
	for chunk := range slices.Chunk(games, gamesPerStatement) {
		lengths, err := t.insertGames(file, chunk)
		if err != nil {
			return 0, err
		}
		added += len(lengths)
		for _, length := range lengths {
			moves += length
		}
		if len(lengths) < len(chunk) {
			if err := t.noteRepeats(file, chunk); err != nil {
				return 0, err
			}
		}
	}
	if added == 0 {
		return 0, nil
	}
	_, err = t.exec(`INSERT INTO game_totals (config_key, games, moves) VALUES (?, ?, ?) ON CONFLICT (config_key)
		DO UPDATE SET games = game_totals.games + excluded.games, moves = game_totals.moves + excluded.moves`,
		file.ConfigKey, added, moves)
	return added, err
}

func (t *tx) addGameFile(file GameFile) error {
	_, err := t.exec("INSERT INTO game_files ("+gameFileColumns+") VALUES ("+marks(9)+") ON CONFLICT DO NOTHING",
		file.SHA256, file.ConfigKey, file.BatchID, file.Node, file.Purpose, file.Games, file.LogicalDigest, "", micros(t.now))
	if err != nil {
		return err
	}
	stored, err := only(t.access, scanGameFile, "SELECT "+gameFileColumns+" FROM game_files WHERE sha256 = ?", file.SHA256)
	if err != nil {
		return err
	}
	if stored.ConfigKey != file.ConfigKey || stored.Games != file.Games || stored.LogicalDigest != file.LogicalDigest {
		return fmt.Errorf("the file is recorded for %s with %d games and digest %s: %w", stored.ConfigKey, stored.Games, stored.LogicalDigest, ErrConflict)
	}
	return nil
}

// insertGames returns the lengths of the games that were new.
func (t *tx) insertGames(file GameFile, games []Game) ([]int64, error) {
	var args []any
	for _, g := range games {
		args = append(args, g.ID, file.ConfigKey, file.BatchID, file.JobID, file.SHA256, texts(g.ModelIDs), file.Node,
			g.Moves, g.Winner, micros(g.FinishedAt), micros(t.now))
	}
	rows := strings.TrimSuffix(strings.Repeat("("+marks(11)+"), ", len(games)), ", ")
	return collect(t.access, scanInt, `INSERT INTO games (game_id, config_key, batch_id, job_id, file_sha256, models, node,
		moves, winner, finished_at, recorded_at) VALUES `+rows+` ON CONFLICT DO NOTHING RETURNING moves`, args...)
}

// noteRepeats remembers which of the games another file brought first.
func (t *tx) noteRepeats(file GameFile, games []Game) error {
	args := []any{file.SHA256}
	for _, g := range games {
		args = append(args, g.ID)
	}
	_, err := t.exec("INSERT INTO game_repeats (file_sha256, game_id) SELECT CAST(? AS TEXT), game_id FROM games WHERE game_id IN ("+
		marks(len(games))+") AND file_sha256 <> ? ON CONFLICT DO NOTHING", append(args, file.SHA256)...)
	return err
}

func (f GameFile) validate() error {
	return firstError(hash("sha256", f.SHA256), config(f.ConfigKey), text("batch_id", f.BatchID), short("job_id", f.JobID),
		short("node", f.Node), purpose(f.Purpose), between("games", f.Games, 0, 1<<40), short("logical_digest", f.LogicalDigest))
}

func purpose(value string) error {
	known := []string{PurposeSelfplay, PurposeEvaluation, PurposeMatch, PurposeImport}
	if !slices.Contains(known, value) {
		return fmt.Errorf("purpose is %q: give %s: %w", value, strings.Join(known, ", "), ErrInvalid)
	}
	return nil
}

func checkGames(games []Game) error {
	if err := count("games", len(games), MaxGames); err != nil {
		return err
	}
	for _, g := range games {
		err := firstError(text("game_id", g.ID), between("moves", g.Moves, 0, 1<<40), between("winner", g.Winner, UnknownWinner, 64),
			count("model_ids", len(g.ModelIDs), 64), moment("finished_at", g.FinishedAt))
		if err != nil {
			return fmt.Errorf("game %s: %w", g.ID, err)
		}
	}
	return nil
}
