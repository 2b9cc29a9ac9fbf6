package rating

import (
	"errors"
	"fmt"
	"slices"
)

// Bounds of the evidence: beyond them the arithmetic of Compute would lose digits or take minutes.
const (
	MaxSeats        = 64
	MaxParticipants = 10_000
	MaxGames        = 100_000_000
)

// Match is what came of games of the same participants in the same seats. A participant may have several seats.
type Match struct {
	Participants []string  `json:"participants"` // by seat, 2 to MaxSeats
	Outcomes     []Outcome `json:"outcomes"`
}

// Outcome is one way a game ended, and how often it did.
type Outcome struct {
	// Ranks are by seat, 1 for the best. Those who share the first rank share the win. Those who share the last
	// rank behind someone else have no order among them: in [1 2 2] nobody knows who of the two came second.
	Ranks []int `json:"ranks"`
	Games int64 `json:"games"` // at least 1
}

func (m Match) validate() error {
	if len(m.Participants) < 2 || len(m.Participants) > MaxSeats {
		return fmt.Errorf("%d participants: give 2 to %d", len(m.Participants), MaxSeats)
	}
	if seat := slices.Index(m.Participants, ""); seat >= 0 {
		return fmt.Errorf("the participant in seat %d has no name", seat)
	}
	if len(m.Outcomes) == 0 {
		return errors.New("no outcomes: give at least one")
	}
	for _, outcome := range m.Outcomes {
		if err := outcome.validate(len(m.Participants)); err != nil {
			return err
		}
	}
	return nil
}

func (o Outcome) validate(seats int) error {
	if len(o.Ranks) != seats || slices.Min(o.Ranks) != 1 || slices.Max(o.Ranks) > seats {
		return fmt.Errorf("ranks are %v: give one from 1 to %d for each of %d seats, and at least one 1", o.Ranks, seats, seats)
	}
	if o.Games < 1 || o.Games > MaxGames {
		return fmt.Errorf("ranks %v have %d games: give 1 to %d", o.Ranks, o.Games, MaxGames)
	}
	return nil
}
