package promotion

import (
	"time"

	"github.com/ringrift/orchestrator/internal/rating"
)

// Evidence is all that is known about a candidate when it is judged. A nil pointer means unknown.
type Evidence struct {
	ConfigKey string    `json:"config_key"` // <board>_<players>p
	Players   int       `json:"players"`
	JudgedAt  time.Time `json:"judged_at"`
	Candidate Candidate `json:"candidate"`
	Canonical *Pointer  `json:"canonical"` // as it stands when the candidate is judged
	// Evaluation is that of the candidate; nil: there is none.
	Evaluation *Evaluation `json:"evaluation"`
	// Ratings are from the same evidence and harness, in Elo.
	CandidateRating *float64 `json:"candidate_rating"`
	CanonicalRating *float64 `json:"canonical_rating"`
	// GamesOwned are the self-play games the config has.
	GamesOwned *int64 `json:"games_owned"`
	// Quality is that of the data the candidate was trained on.
	Quality *Quality `json:"quality"`
	// Calibrated tells whether the config's baselines score against each other as they should.
	Calibrated *bool `json:"calibrated"`
}

// Candidate is the model to judge.
type Candidate struct {
	ModelID     string `json:"model_id"` // the first 16 hex digits of SHA256
	SHA256      string `json:"sha256"`
	Loads       *bool  `json:"loads"`  // the workload could read it
	Finite      *bool  `json:"finite"` // all its numbers are
	Quarantined *bool  `json:"quarantined"`
}

// Pointer is where a pointer of the config stands.
type Pointer struct {
	Sequence int64     `json:"sequence"` // how often it has moved; 0: never, so it names no model
	ModelID  string    `json:"model_id,omitempty"`
	SHA256   string    `json:"sha256,omitempty"`
	Loads    *bool     `json:"loads"` // its file is there and the workload could read it
	MovedAt  time.Time `json:"moved_at,omitzero"`
}

// Evaluation is what was played to judge a model.
type Evaluation struct {
	EvalID   string `json:"eval_id"`
	ModelID  string `json:"model_id"`
	Protocol string `json:"protocol"`
	// Failure tells why the evaluation did not complete; empty if it did.
	Failure    string  `json:"failure,omitempty"`
	Baselines  []Tally `json:"baselines"`
	HeadToHead *Tally  `json:"head_to_head"` // against the model that was canonical when it was played
}

// Tally is the score against one opponent, as the evaluator reported it and as it was counted again.
type Tally struct {
	Opponent string       `json:"opponent"` // a baseline's name or a model id
	Score    rating.Score `json:"score"`    // valid games
	Invalid  int64        `json:"invalid"`  // games that crashed or broke off
	// Recount is made from what the files of the games say; nil: it was not made.
	Recount *Recount `json:"recount"`
}

// Recount is what the game files say.
type Recount struct {
	Score rating.Score `json:"score"`
	// ReplayErrors are games that do not follow the rules, or whose winner is another; nil: their moves were not replayed.
	ReplayErrors *int64 `json:"replay_errors"`
}

// Quality is the mean quality of games, 0 to 1, and of how many it is.
type Quality struct {
	Mean  float64 `json:"mean"`
	Games int64   `json:"games"`
}

// baseline returns the tally against a baseline.
func (e Evidence) baseline(name string) (Tally, bool) {
	if e.Evaluation != nil {
		for _, tally := range e.Evaluation.Baselines {
			if tally.Opponent == name {
				return tally, true
			}
		}
	}
	return Tally{}, false
}

// tallies are those against baselines and the head-to-head.
func (e Evidence) tallies() []Tally {
	if e.Evaluation == nil {
		return nil
	}
	tallies := append([]Tally(nil), e.Evaluation.Baselines...)
	if e.Evaluation.HeadToHead != nil {
		tallies = append(tallies, *e.Evaluation.HeadToHead)
	}
	return tallies
}

// headToHead returns the tally against the model that was canonical.
func (e Evidence) headToHead() (Tally, bool) {
	if e.Evaluation == nil || e.Evaluation.HeadToHead == nil {
		return Tally{}, false
	}
	return *e.Evaluation.HeadToHead, true
}
