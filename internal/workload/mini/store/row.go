package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
)

// Game is a row of the table games with its moves.
type Game struct {
	ID           string
	Board        string
	Players      int
	Seed         int64
	CreatedAt    string
	CompletedAt  sql.NullString
	Status       string
	Winner       sql.NullInt64 // from 1; none is a draw
	Termination  sql.NullString
	TotalMoves   int
	Source       sql.NullString
	Participants sql.NullString
	Generation   sql.NullInt64
	Metadata     sql.NullString
	Moves        []Move
}

// Move is a row of the table game_moves.
type Move struct {
	Number int
	Player int // from 1
	Move   string
	Probs  sql.NullString
}

// metadata is what mini adds to a game.
type metadata struct {
	ConfigKey   string   `json:"config_key"`
	RulesHash   string   `json:"rules_hash"`
	Index       int      `json:"index"`
	Models      []string `json:"models"`      // by seat, "" for a player without a model
	Generations []int    `json:"generations"` // by seat, −1 for a player without a model
	Content     string   `json:"content_sha256"`
}

// moveText is the JSON of a move.
type moveText struct {
	Cell   int    `json:"cell"`
	Origin string `json:"origin"`
}

// content is the hash of what was played, by which two files tell whether a game is the same.
func (g *Game) content(rulesHash string) string {
	digest := sha256.New()
	fmt.Fprintf(digest, "rules %s\nparticipants %s\nwinner %d\n", rulesHash, g.Participants.String, g.Winner.Int64)
	for _, move := range g.Moves {
		fmt.Fprintf(digest, "%d %d %s %s\n", move.Number, move.Player, move.Move, move.Probs.String)
	}
	return hex.EncodeToString(digest.Sum(nil))
}
