package rating

import (
	"fmt"
	"math"
)

// Score counts the games of one player who faces players−1 equal opponents.
type Score struct {
	Players int   `json:"players"` // seats in each game, 2 to MaxSeats
	Wins    int64 `json:"wins"`
	Draws   int64 `json:"draws"` // games that nobody won: each gives every player 1/Players of a win
	Losses  int64 `json:"losses"`
}

// Games is how many games were played to an end.
func (s Score) Games() int64 { return s.Wins + s.Draws + s.Losses }

// Parity is the rate of an equal player.
func (s Score) Parity() float64 { return 1 / float64(s.Players) }

// Rate is the share of the points, 0 to 1; unknown without games.
func (s Score) Rate() (rate float64, ok bool) {
	if s.Games() <= 0 {
		return 0, false
	}
	return (float64(s.Wins) + float64(s.Draws)*s.Parity()) / float64(s.Games()), true
}

// Interval is Wilson's 95 % interval of the rate; unknown without games.
func (s Score) Interval() (low, high float64, ok bool) {
	rate, ok := s.Rate()
	if !ok {
		return 0, 0, false
	}
	low, high = Wilson(rate, s.Games())
	return low, high, true
}

// Validate names the number that cannot be.
func (s Score) Validate() error {
	if s.Players < 2 || s.Players > MaxSeats {
		return fmt.Errorf("players = %d: use 2 to %d", s.Players, MaxSeats)
	}
	for _, count := range []int64{s.Wins, s.Draws, s.Losses} {
		if count < 0 || count > MaxGames {
			return fmt.Errorf("wins, draws, losses = %d, %d, %d: use 0 to %d", s.Wins, s.Draws, s.Losses, MaxGames)
		}
	}
	return nil
}

// Wilson is the 95 % score interval of a rate over at least one game (Wilson 1927):
//
//	(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
//
// A draw enters the rate with its part of a win. As it varies less than the coin the formula has in mind, the
// interval is then too wide rather than too narrow.
func Wilson(rate float64, games int64) (low, high float64) {
	n, zz := float64(games), z95*z95
	middle := rate + zz/(2*n)
	margin := z95 * math.Sqrt(rate*(1-rate)/n+zz/(4*n*n))
	return max(0, (middle-margin)/(1+zz/n)), min(1, (middle+margin)/(1+zz/n))
}
