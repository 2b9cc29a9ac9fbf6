package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
)

// maxErrors bounds the replay errors that are told.
const maxErrors = 100

// maxIDs bounds the ids that one inspection lists, so that they fit a result.
const maxIDs = 100_000

// maxNames bounds the participants of one file.
const maxNames = 1_000

// tally adds games up.
type tally struct {
	metrics workload.InspectMetrics
	byName  map[string]*workload.ParticipantResult
}

func newTally(players int) *tally {
	draws := int64(0)
	return &tally{
		metrics: workload.InspectMetrics{
			Role:          workload.RoleGames,
			WinnersBySeat: make([]int64, players),
			Draws:         &draws,
		},
		byName: map[string]*workload.ParticipantResult{},
	}
}

// count adds the result of a game; winner is a seat from 1, or 0.
func (t *tally) count(g *gameRow, winner int) error {
	if winner == 0 {
		*t.metrics.Draws++
	} else if winner <= len(t.metrics.WinnersBySeat) {
		t.metrics.WinnersBySeat[winner-1]++
	}
	t.metrics.Generations = widen(t.metrics.Generations, g.generation)
	var names []string
	if json.Unmarshal([]byte(g.participants), &names) != nil {
		return nil // the players have no names
	}
	for i, name := range names {
		if err := t.score(name, len(names), i, winner); err != nil {
			return err
		}
	}
	return nil
}

func (t *tally) score(name string, seats, seat, winner int) error {
	result := t.byName[name]
	if result == nil {
		if len(t.byName) == maxNames {
			return fmt.Errorf("more than %d participants", maxNames)
		}
		result = &workload.ParticipantResult{ID: name, BySeat: make([]workload.Score, seats)}
		t.byName[name] = result
	}
	if seat >= len(result.BySeat) {
		return nil // a game of another number of players, reported when it is replayed
	}
	score := &result.BySeat[seat]
	score.Games++
	switch winner {
	case 0:
		score.Draws++
	case seat + 1:
		score.Wins++
	default:
		score.Losses++
	}
	return nil
}

func (t *tally) fault(id string, err error) {
	if len(t.metrics.ReplayErrors) < maxErrors {
		t.metrics.ReplayErrors = append(t.metrics.ReplayErrors, fmt.Sprintf("%s: %v", id, err))
	}
}

func (t *tally) result() workload.InspectMetrics {
	for _, result := range t.byName {
		t.metrics.Participants = append(t.metrics.Participants, *result)
	}
	slices.SortFunc(t.metrics.Participants, func(a, b workload.ParticipantResult) int { return strings.Compare(a.ID, b.ID) })
	return t.metrics
}

func widen(span *workload.Span, generation *int64) *workload.Span {
	switch {
	case generation == nil:
		return span
	case span == nil:
		return &workload.Span{Min: *generation, Max: *generation}
	}
	return &workload.Span{Min: min(span.Min, *generation), Max: max(span.Max, *generation)}
}
