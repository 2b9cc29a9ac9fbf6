package promotion

import (
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/rating"
)

// GuardEvidence is all that is known about the models in office. A nil pointer means unknown.
type GuardEvidence struct {
	ConfigKey  string    `json:"config_key"`
	Players    int       `json:"players"`
	JudgedAt   time.Time `json:"judged_at"`
	Production *Pointer  `json:"production"`
	// Canonical is the model that may follow.
	Canonical *Standing `json:"canonical"`
	// ProductionRating is from the same evidence as that of canonical, in Elo.
	ProductionRating *float64 `json:"production_rating"`
	// HeadToHead is the score of canonical against the model in production.
	HeadToHead *HeadToHead `json:"head_to_head"`
	// Checks are those of the model in production, oldest first, each once.
	Checks []Check `json:"checks"`
	// Fallback is the model that was in production before; nil: there is none, or it is unknown.
	Fallback *Candidate `json:"fallback"`
	// Rollbacks are when production was rolled back, at least those of the last day; nil: unknown.
	Rollbacks []time.Time `json:"rollbacks"`
}

// Standing is how good a model is.
type Standing struct {
	Candidate
	Rating    *float64      `json:"rating"`    // Elo
	Harnesses *int64        `json:"harnesses"` // in how many it was rated
	Random    *rating.Score `json:"random"`
	Heuristic *rating.Score `json:"heuristic"`
}

// HeadToHead is a score of one model against another.
type HeadToHead struct {
	ModelID  string       `json:"model_id"`
	Opponent string       `json:"opponent"`
	Score    rating.Score `json:"score"`
}

// Check is one look at whether a model in production got worse.
type Check struct {
	CheckID string `json:"check_id"`
	ModelID string `json:"model_id"`
	// Rating is that of the model, Reference what it is measured by, such as the fallback's of the same computation, in Elo.
	Rating    *float64 `json:"rating"`
	Reference *float64 `json:"reference"`
	// Score is against the fallback, or whom the check was played against.
	Score *rating.Score `json:"score"`
}

// validate names every contradiction in the evidence.
func (e GuardEvidence) validate() error {
	var f faults
	f.unless(e.ConfigKey != "" && e.Players >= 2 && !e.JudgedAt.IsZero(), "config_key %q, players %d, judged_at %s: set all three", e.ConfigKey, e.Players, e.JudgedAt)
	seen := map[string]bool{}
	for _, check := range e.Checks {
		f.unless(check.CheckID != "" && !seen[check.CheckID], "check_id %q is empty or there twice", check.CheckID)
		seen[check.CheckID] = true
	}
	for _, score := range e.scores() {
		if err := score.Validate(); err != nil || score.Players != e.Players {
			f.unless(false, "score %+v is not one of %d players", score, e.Players)
		}
	}
	return errors.Join(f...)
}

func (e GuardEvidence) scores() (all []rating.Score) {
	add := func(score *rating.Score) {
		if score != nil {
			all = append(all, *score)
		}
	}
	if e.Canonical != nil {
		add(e.Canonical.Random)
		add(e.Canonical.Heuristic)
	}
	if e.HeadToHead != nil {
		add(&e.HeadToHead.Score)
	}
	for _, check := range e.Checks {
		add(check.Score)
	}
	return all
}
