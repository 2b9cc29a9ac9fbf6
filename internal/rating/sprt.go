package rating

import (
	"errors"
	"fmt"
	"math"
)

// SPRT is a sequential probability ratio test of a head-to-head score: is the player Elo1 stronger (H1), or only
// Elo0 (H0)? It is decided as soon as the evidence for one over the other is strong enough.
type SPRT struct {
	Elo0 float64 `json:"elo0"` // what H0 says, in Elo; default 0
	Elo1 float64 `json:"elo1"` // what H1 says, in Elo, above Elo0; default 35
	// Alpha and Beta are how often H1 may be accepted though H0 is true, and the other way round: above 0, below
	// 0.5; default 0.05.
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
	// MinGames is how many games are played before anything is decided; default 20.
	MinGames int64 `json:"min_games"`
	// MaxGames is how many games are enough, decided or not; at least MinGames and 1; default 600.
	MaxGames int64 `json:"max_games"`
}

// SPRTState is how far a test is.
type SPRTState string

// The states of a test.
const (
	Accepted  SPRTState = "accepted"  // H1: stronger
	Rejected  SPRTState = "rejected"  // H0: not stronger
	Undecided SPRTState = "undecided" // play on
	Capped    SPRTState = "capped"    // all games are played and nothing is decided
)

// SPRTResult is what a test says of a score.
type SPRTResult struct {
	State SPRTState `json:"state"`
	LLR   float64   `json:"llr"`   // the log-likelihood ratio of H1 to H0
	Lower float64   `json:"lower"` // H0 is accepted from here down
	Upper float64   `json:"upper"` // H1 is accepted from here up
}

// DefaultSPRT is the standard test: 0 against 35 Elo (50 against 55 % with two players), 5 % errors, bounds ±2.94.
func DefaultSPRT() SPRT {
	return SPRT{Elo0: 0, Elo1: 35, Alpha: 0.05, Beta: 0.05, MinGames: 20, MaxGames: 600}
}

// Validate names every fault of the test.
func (t SPRT) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !(t.Elo0 < t.Elo1) || math.Abs(t.Elo0) > maxElo || math.Abs(t.Elo1) > maxElo {
		fault("elo0 = %g, elo1 = %g: use elo0 below elo1, both %d to %d", t.Elo0, t.Elo1, -maxElo, maxElo)
	}
	if !(t.Alpha > 0 && t.Alpha < 0.5) {
		fault("alpha = %g: use more than 0 and less than 0.5", t.Alpha)
	}
	if !(t.Beta > 0 && t.Beta < 0.5) {
		fault("beta = %g: use more than 0 and less than 0.5", t.Beta)
	}
	if t.MinGames < 0 {
		fault("min_games = %d: use 0 or more", t.MinGames)
	}
	if t.MaxGames < max(t.MinGames, 1) {
		fault("max_games = %d: use at least min_games = %d, and 1", t.MaxGames, t.MinGames)
	}
	return errors.Join(faults...)
}

// Test tells what a valid test says of a valid score.
//
// It is the generalized test of fishtest over wins, draws and losses: the likelihoods compared are the best ones
// that have the rate of H1 and of H0 (trinomial.go). With n players these rates are Expected(Elo, n), so H0 at
// 0 Elo is the parity 1/n, and a draw is worth 1/n. Without draws it is Wald's test of a coin; the stop rule of
// the workload contract is that test, with a draw split into its parts. As draws say more than that, this test
// has always decided, and alike, when the stop rule has.
func (t SPRT) Test(score Score) SPRTResult {
	h0, h1 := score.likeliest(Expected(t.Elo0, score.Players)), score.likeliest(Expected(t.Elo1, score.Players))
	result := SPRTResult{Undecided, 0, math.Log(t.Beta / (1 - t.Alpha)), math.Log((1 - t.Beta) / t.Alpha)}
	if score.Games() > 0 {
		result.LLR = h1.logLikelihood(score) - h0.logLikelihood(score)
	}
	switch {
	case score.Games() < t.MinGames:
	case result.LLR >= result.Upper:
		result.State = Accepted
	case result.LLR <= result.Lower:
		result.State = Rejected
	case score.Games() >= t.MaxGames:
		result.State = Capped
	}
	return result
}
