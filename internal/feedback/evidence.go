package feedback

import (
	"time"

	"github.com/ringrift/orchestrator/internal/rating"
)

// Evidence is what the ledger knows of a configuration. A nil pointer means unknown.
type Evidence struct {
	ConfigKey string `json:"config_key"`
	// Decisions about candidates, the newest first.
	Decisions []Decision `json:"decisions"`
	// Curve are the ratings of the canonical models, all of one computation, at the times they became canonical.
	Curve []rating.Point `json:"curve"`
	// Quality is that of the newest consolidated games; nil: too few were looked at.
	Quality *GameQuality `json:"quality,omitempty"`
	// Diverged are the latest trainings in a row that have left numbers which are none, DivergedAt when the last did.
	Diverged   int       `json:"diverged,omitempty"`
	DivergedAt time.Time `json:"diverged_at,omitzero"`
	// Proposals are what others have proposed, the newest first.
	Proposals []Proposal `json:"proposals"`
}

// Decision is what was decided on one candidate.
type Decision struct {
	ID       string    `json:"promotion_id"`
	At       time.Time `json:"at"`
	Promoted bool      `json:"promoted"`
	Gain     *float64  `json:"gain"` // Elo of the candidate above the canonical model, in one computation; nil: unknown
}

// GameQuality says how many of the games that were played can be learnt from.
type GameQuality struct {
	Share float64   `json:"share"` // that is valid, 0 to 1
	Games int64     `json:"games"` // that were looked at
	At    time.Time `json:"at"`
}

// Policy is what evidence is judged by.
type Policy struct {
	Version string `json:"version"` // of the thresholds that it is from
	// PauseQuality: with a smaller share of valid games no training begins.
	PauseQuality float64 `json:"pause_quality"`
	// HalfLife is how long a signal takes to lose half of its effect.
	HalfLife       time.Duration `json:"half_life_ns"`
	MaxExploration float64       `json:"max_exploration"` // the most that exploration is multiplied by
	MaxExtraGames  int64         `json:"max_extra_games"` // the most games beyond a share
	MinChange      float64       `json:"min_change"`      // smaller changes, as a share of a value, make no new plan
	Curriculum     Curriculum    `json:"curriculum"`
}

// Curriculum is what weights are judged by.
type Curriculum struct {
	MinWeight float64       `json:"min_weight"`
	MaxWeight float64       `json:"max_weight"`
	HalfLife  time.Duration `json:"half_life_ns"` // how long a weight takes to come half of the way back to 1
	MinChange float64       `json:"min_change"`   // smaller changes are not applied
}

// DefaultPolicy returns the figures of specs/03 §5.
func DefaultPolicy() Policy {
	return Policy{
		Version: "default", PauseQuality: .5, HalfLife: 24 * time.Hour, MaxExploration: 2, MaxExtraGames: 2000, MinChange: .05,
		Curriculum: Curriculum{MinWeight: .3, MaxWeight: 2.5, HalfLife: 24 * time.Hour, MinChange: .1},
	}
}

// streak is how many of the newest decisions in a row had the outcome of the newest, and whether that was a promotion.
func (e Evidence) streak() (length int, promoted bool) {
	for _, one := range e.Decisions {
		if one.Promoted != e.Decisions[0].Promoted {
			break
		}
		length++
	}
	return length, length > 0 && e.Decisions[0].Promoted
}
