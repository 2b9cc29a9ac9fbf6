package quality

import (
	"encoding/json"
	"fmt"
)

// Standing is what a node says of its newest games of one configuration.
type Standing struct {
	Score
	State string `json:"state"`
	Trend string `json:"trend"`
	// Recent are the means of the checks before, the newest last.
	Recent []float64 `json:"recent,omitempty"`
}

// The trends.
const (
	Rising       = "rising"
	Falling      = "falling"
	Steady       = "steady"
	UnknownTrend = "unknown"
)

const (
	// recent checks are what a trend compares with, and what a Standing shows.
	recent = 5
	// trendMargin is how far a mean may be off for the trend to be steady.
	trendMargin = .05
)

// NewStanding is a score with what it looked like before; history has the means of all checks before, the newest last.
func NewStanding(score Score, limits Limits, history []float64) Standing {
	standing := Standing{Score: score, State: limits.State(score), Trend: UnknownTrend, Recent: history[max(0, len(history)-recent):]}
	if score.Games == 0 || len(standing.Recent) == 0 {
		return standing
	}
	switch before := Of(standing.Recent).Mean; {
	case score.Mean > before+trendMargin:
		standing.Trend = Rising
	case score.Mean < before-trendMargin:
		standing.Trend = Falling
	default:
		standing.Trend = Steady
	}
	return standing
}

// Report is what a node says of all configurations that it has games of.
type Report struct {
	Configs map[string]Standing `json:"configs"`
}

// Encode is the report as it stands on the bus.
func (r Report) Encode() ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode the report of quality: %w", err)
	}
	return text, nil
}
