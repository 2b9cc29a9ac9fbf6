package tournament

import (
	"time"

	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/rating"
)

// Result is what came of a tournament. It never changes.
type Result struct {
	ID        string    `json:"tournament_id"`
	ConfigKey string    `json:"config_key"`
	Kind      string    `json:"kind"`
	Harness   string    `json:"harness"`
	JobID     string    `json:"job_id,omitempty"` // empty: it did not come to a job
	Node      string    `json:"node,omitempty"`
	MadeAt    time.Time `json:"made_at"` // when it was planned, by the ledger's clock
	// PlayedAt is when its last game ended, by the clock of its node.
	PlayedAt time.Time `json:"played_at,omitzero"`
	// Valid counts the games that are evidence, Invalid those that crashed or broke off.
	Valid   int64  `json:"valid"`
	Invalid int64  `json:"invalid"`
	Pairs   []Pair `json:"pairs,omitempty"`
	// Ratings are those of the participants once its games were counted, in Elo, by name; who is not there is not rated.
	Ratings map[string]float64 `json:"ratings,omitempty"`
	// Counts says whether the tournament is evidence; Reason why it is not.
	Counts bool   `json:"counts"`
	Reason string `json:"reason,omitempty"`
	// EndedAt is when this was kept, by the ledger's clock.
	EndedAt time.Time `json:"-"`
}

// Pair is what came of one pairing: the score of a player in each seat, against an opponent in all others.
type Pair struct {
	Player string `json:"player"`
	pipeline.Faced
}

// Score is that of a player against an opponent in a tournament. It has no games if they did not meet.
func (r Result) Score(players int, player, opponent string) rating.Score {
	total := rating.Score{Players: players}
	for _, pair := range r.Pairs {
		score := pair.Score()
		switch {
		case pair.Player == player && pair.Opponent == opponent:
			total.Wins, total.Draws, total.Losses = total.Wins+score.Wins, total.Draws+score.Draws, total.Losses+score.Losses
		case players == 2 && pair.Player == opponent && pair.Opponent == player: // with more players the others are not one
			total.Wins, total.Draws, total.Losses = total.Wins+score.Losses, total.Draws+score.Draws, total.Losses+score.Wins
		}
	}
	return total
}

// Score adds up what a player has reached against an opponent in some tournaments.
func Score(results []Result, players int, player, opponent string) rating.Score {
	total := rating.Score{Players: players}
	for _, result := range results {
		score := result.Score(players, player, opponent)
		total.Wins, total.Draws, total.Losses = total.Wins+score.Wins, total.Draws+score.Draws, total.Losses+score.Losses
	}
	return total
}
