package promotion

import "github.com/ringrift/orchestrator/internal/rating"

// Random is the baseline whose floor every model has to reach.
const Random = "random"

// Policy is what Judge goes by. DefaultPolicy has the figures to start from; zero means zero. Rates are shares of
// the points, in which a draw gives each player the same part.
type Policy struct {
	Name     string `json:"name"`     // of the preset
	Protocol string `json:"protocol"` // the version of the evaluation protocol that counts; default 1
	// ValidShare is the share of an evaluation's games that have to be valid, 0.5 to 1; default 0.8.
	ValidShare float64 `json:"valid_share"`
	// Baselines have to be played against, Random among them; default only that.
	Baselines []string `json:"baselines"`
	// RequiredGames is how many valid games against each baseline are needed, 1 to 100 000; default 50, 70, 100.
	RequiredGames ByPlayers[int64] `json:"required_games"`
	// PlayedGames is how many an evaluation plays, at least RequiredGames/ValidShare; default 64, 90, 128.
	PlayedGames ByPlayers[int64] `json:"played_games"`
	// Floor is the least lower bound (Wilson, 95 %) of the rate against random, above 0 and below what a perfect
	// score over RequiredGames reaches; default 0.75, 0.5, 0.4.
	Floor ByPlayers[float64] `json:"floor"`
	// BootstrapFloor is that of a config's first model; default 0.65, 0.45, 0.35.
	BootstrapFloor ByPlayers[float64] `json:"bootstrap_floor"`
	// SPRT is the sequential test against canonical; default 0 against 35 Elo, 5 % errors, 20 to 600 games.
	SPRT rating.SPRT `json:"sprt"`
	// A rate of RateElo over RateGames, with its lower bound above parity, wins a head-to-head that the test leaves
	// open. RateGames is 0 (only the test counts) or at most SPRT.MaxGames, default 200; RateElo is what the rate
	// tells in Elo, above 0, default 56 (58 % with two players, 41 % with three).
	RateGames int64   `json:"rate_games"`
	RateElo   float64 `json:"rate_elo"`
	// RatingGain is the least gain over canonical, in Elo, 0 or more, default 25; YoungRatingGain while the config
	// has fewer than YoungGames games, at most RatingGain, default 5 below 5 000. A won head-to-head makes up for it.
	RatingGain      float64 `json:"rating_gain"`
	YoungRatingGain float64 `json:"young_rating_gain"`
	YoungGames      int64   `json:"young_games"`
	// DemandQuality asks for data with a mean Quality, 0 to 1, over QualityGames; default no, 0.55, 100.
	DemandQuality bool    `json:"demand_quality"`
	Quality       float64 `json:"quality"`
	QualityGames  int64   `json:"quality_games"`
	// DemandCalibration lets no candidate pass before the baselines are calibrated; default no.
	DemandCalibration bool `json:"demand_calibration"`
	// CooldownSeconds is how long canonical stays at least, 0 or more; default 300.
	CooldownSeconds float64 `json:"cooldown_seconds"`
}

// DefaultPolicy returns the figures of the preset standard.
func DefaultPolicy() Policy {
	return Policy{
		Name: "standard", Protocol: "1", ValidShare: 0.8, Baselines: []string{Random},
		RequiredGames:  ByPlayers[int64]{50, 70, 100},
		PlayedGames:    ByPlayers[int64]{64, 90, 128},
		Floor:          ByPlayers[float64]{0.75, 0.50, 0.40},
		BootstrapFloor: ByPlayers[float64]{0.65, 0.45, 0.35},
		SPRT:           rating.DefaultSPRT(), RateGames: 200, RateElo: 56,
		RatingGain: 25, YoungRatingGain: 5, YoungGames: 5000,
		Quality: 0.55, QualityGames: 100,
		CooldownSeconds: 300,
	}
}
