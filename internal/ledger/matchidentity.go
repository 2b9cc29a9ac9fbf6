package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Match is evidence for ratings: what came of games of the same participants in the same seats.
type Match struct {
	// ID is the hash of everything below but Node and RecordedAt; RecordMatches sets it.
	ID        string `json:"match_id"`
	ConfigKey string `json:"config_key"`
	Harness   string `json:"harness"` // how moves were searched; ratings of different ones do not compare
	// Participants are by seat, such as net:gumbel:b200 or none:random:d1.
	Participants []string  `json:"participants"`
	Outcomes     []Outcome `json:"outcomes"`
	// Source is what was played for, such as an evaluation id.
	Source string `json:"source"`
	// GameID is the game, if the match is a single one.
	GameID     string    `json:"game_id,omitempty"`
	PlayedAt   time.Time `json:"played_at"`
	Node       string    `json:"node"`
	RecordedAt time.Time `json:"recorded_at"`
}

// Outcome is one way a game of a match ended, and how often it did.
type Outcome struct {
	// Ranks are by seat, 1 for the best. Equal ranks are a draw between those seats.
	Ranks []int `json:"ranks"`
	Games int64 `json:"games"`
}

// Games is how many games the match stands for.
func (m Match) Games() (games int64) {
	for _, outcome := range m.Outcomes {
		games += outcome.Games
	}
	return games
}

// Identity is the content identity of a match: the SHA-256 of its canonical form. It does not depend on who
// reports it, on the order of its outcomes, or on the zone and the nanoseconds of its time.
func (m Match) Identity() string {
	canonical, err := json.Marshal([]any{m.ConfigKey, m.Harness, m.Participants, m.canonicalOutcomes(), m.Source, m.GameID, m.PlayedAt.UnixMicro()})
	if err != nil {
		return "" // strings and numbers do not fail to marshal
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// canonicalOutcomes are sorted by ranks, with equal ones added up.
func (m Match) canonicalOutcomes() []Outcome {
	outcomes := slices.Clone(m.Outcomes)
	slices.SortFunc(outcomes, func(a, b Outcome) int {
		return cmp.Or(slices.Compare(a.Ranks, b.Ranks), cmp.Compare(a.Games, b.Games))
	})
	var merged []Outcome
	for _, outcome := range outcomes {
		if last := len(merged) - 1; last >= 0 && slices.Equal(merged[last].Ranks, outcome.Ranks) {
			merged[last].Games += outcome.Games
			continue
		}
		merged = append(merged, outcome)
	}
	return merged
}

func (m Match) validate() error {
	err := firstError(config(m.ConfigKey), text("harness", m.Harness), between("participants", int64(len(m.Participants)), 2, 64),
		between("outcomes", int64(len(m.Outcomes)), 1, 1000), text("source", m.Source), short("game_id", m.GameID),
		short("node", m.Node), moment("played_at", m.PlayedAt))
	if err != nil {
		return err
	}
	for _, participant := range m.Participants {
		if err := text("participant", participant); err != nil {
			return err
		}
	}
	for _, outcome := range m.Outcomes {
		if len(outcome.Ranks) != len(m.Participants) || outcome.Games < 1 || slices.Min(outcome.Ranks) != 1 || slices.Max(outcome.Ranks) > len(m.Participants) {
			return fmt.Errorf("outcome is %v × %d: give a rank from 1 for each of %d seats, and at least one game: %w",
				outcome.Ranks, outcome.Games, len(m.Participants), ErrInvalid)
		}
	}
	return nil
}
