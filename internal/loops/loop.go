package loops

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// State is where a loop stands.
type State string

// The states of a loop. They are stored: never change one.
const (
	Idle        State = "IDLE"             // ordered, and nobody has begun
	Collecting  State = "RUNNING_SELFPLAY" // games are played for the iteration
	Waiting     State = "WAITING_PIPELINE" // the iteration is at a later stage, or its training loop stands still
	CoolingDown State = "COOLING_DOWN"     // an iteration has just ended
	BackingOff  State = "BACKING_OFF"      // several in a row came to nothing
	Deferred    State = "DEFERRED"         // an older loop works on the same configuration
	Completed   State = "COMPLETED"
	Stopped     State = "STOPPED" // by an operator
)

const (
	maxConfigs    = 16
	maxIterations = 1_000_000
	maxGames      = 1_000_000
)

// Loop is what was ordered, and how far it is.
type Loop struct {
	ID string `json:"loop_id"`
	// Configs take turns, in this order.
	Configs []string `json:"configs"`
	// Iterations are wanted of each of them; 0: until the loop is stopped.
	Iterations int64 `json:"iterations"`
	// Games are new ones that an iteration waits for; 0: as many as the thresholds ask for.
	Games     int64     `json:"games,omitempty"`
	OrderedBy string    `json:"ordered_by"`
	OrderedAt time.Time `json:"ordered_at"`

	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"` // of the state, for people
	Turns  int64  `json:"turns"`            // that are over
	Turn   *Turn  `json:"turn,omitempty"`   // the one under way
	// Failures in a row came to nothing: no candidate, or no evidence about it, or not in time.
	Failures int64     `json:"failures,omitempty"`
	ResumeAt time.Time `json:"resume_at,omitzero"` // nothing is done before
	EndedAt  time.Time `json:"ended_at,omitzero"`
}

// Turn is one iteration of one configuration.
type Turn struct {
	ConfigKey string `json:"config_key"`
	// Iteration is its number; 0: not known yet.
	Iteration int64     `json:"iteration,omitempty"`
	Since     time.Time `json:"since"`
	Late      int64     `json:"late,omitempty"` // how many times over the limit it is
}

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Check tells everything that is wrong with an order.
func (l Loop) Check() error {
	var errs []error
	demand := func(holds bool, field string, value any, fix string) {
		if !holds {
			errs = append(errs, fmt.Errorf("%s %v: %s", field, value, fix))
		}
	}
	demand(name.MatchString(l.ID), "loop id", fmt.Sprintf("%.80q", l.ID), "use letters, digits, dot, dash, underscore; at most 64")
	demand(len(l.Configs) > 0 && len(l.Configs) <= maxConfigs, "configs", l.Configs, "name 1 to 16")
	for i, config := range l.Configs {
		demand(config != "" && len(config) <= 64 && !slices.Contains(l.Configs[:i], config), "config", fmt.Sprintf("%.80q", config), "name each once")
	}
	demand(l.Iterations >= 0 && l.Iterations <= maxIterations, "iterations", l.Iterations, "use 0 (until it is stopped) to 1000000")
	demand(l.Games >= 0 && l.Games <= maxGames, "games", l.Games, "use 0 (what the thresholds ask for) to 1000000")
	return errors.Join(errs...)
}

// Over says whether the loop has ended.
func (l Loop) Over() bool { return !l.EndedAt.IsZero() }

// Next is the configuration whose turn comes next; false if all are over.
func (l Loop) Next() (configKey string, more bool) {
	if l.Iterations > 0 && l.Turns >= l.Iterations*int64(len(l.Configs)) {
		return "", false
	}
	return l.Configs[l.Turns%int64(len(l.Configs))], true
}

// End ends the loop.
func (l Loop) End(state State, reason string, now time.Time) Loop {
	l.State, l.Reason, l.Turn, l.ResumeAt, l.EndedAt = state, reason, nil, time.Time{}, now.UTC()
	return l
}
