package promotion

import (
	"errors"
	"fmt"
	"strings"
)

// validate names every contradiction in the evidence: what cannot be is not judged.
func (e Evidence) validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if board, players, _ := strings.Cut(e.ConfigKey, "_"); board == "" || players != fmt.Sprintf("%dp", e.Players) {
		fault("config_key = %q with players = %d: use <board>_<players>p", e.ConfigKey, e.Players)
	}
	if e.JudgedAt.IsZero() {
		fault("judged_at is not set")
	}
	if !identified(e.Candidate.ModelID, e.Candidate.SHA256) {
		fault("candidate: model_id %q is not how its sha256 %q begins", e.Candidate.ModelID, e.Candidate.SHA256)
	}
	if c := e.Canonical; c != nil && (c.Sequence < 0 || c.Sequence > 0 != identified(c.ModelID, c.SHA256)) {
		fault("canonical: sequence %d with model_id %q and sha256 %q", c.Sequence, c.ModelID, c.SHA256)
	}
	opponents := map[string]bool{}
	for _, tally := range e.tallies() {
		if err := tally.validate(e.Players); err != nil {
			fault("games against %q: %w", tally.Opponent, err)
		}
		if opponents[tally.Opponent] {
			fault("games against %q are listed twice", tally.Opponent)
		}
		opponents[tally.Opponent] = true
	}
	return errors.Join(faults...)
}

// identified says whether a model's id is the beginning of the hash of its file.
func identified(id, sha256 string) bool {
	return len(id) == 16 && len(sha256) == 64 && strings.HasPrefix(sha256, id)
}

func (t Tally) validate(players int) error {
	if t.Invalid < 0 {
		return fmt.Errorf("invalid = %d: use 0 or more", t.Invalid)
	}
	if t.Score.Players != players {
		return fmt.Errorf("they have %d players, not %d", t.Score.Players, players)
	}
	return t.Score.Validate()
}
