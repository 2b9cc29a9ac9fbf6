package rating

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// z95 is the quantile of the normal distribution that leaves 2.5 % above it.
const z95 = 1.959963984540054

// Rating is how strong a participant is, in Elo, with the 95 % interval of that.
type Rating struct {
	Participant string  `json:"participant"`
	Rating      float64 `json:"rating"`
	Low         float64 `json:"low"`  // equal to Rating if it is pinned
	High        float64 `json:"high"` // equal to Rating if it is pinned
	Games       int64   `json:"games"`
}

// Compute rates everyone who played, by name. Ratings are the strengths that are most probable after the evidence
// (penalised maximum likelihood): they explain the outcomes and keep to the prior, which decides where evidence
// is missing, as for perfect scores and for groups that never met. Intervals come from the inverse of the observed
// information, that of the prior included. Both are rounded to a thousandth.
//
// It takes MaxParticipants and any number of matches with MaxGames in all, in a time that grows with how many have met
// whom: thousands of candidates, each of which met a few others, take a second. Errors name the match, and the
// participant.
func Compute(matches []Match, options Options) ([]Rating, error) {
	options = options.orDefault()
	if err := options.validate(); err != nil {
		return nil, fmt.Errorf("rate: %w", err)
	}
	games, err := gamesOf(matches)
	if err != nil {
		return nil, fmt.Errorf("rate: %w", err)
	}
	names := slices.Sorted(maps.Keys(games))
	p := newPosterior(matches, names, options)
	deviations, err := p.maximise()
	if err != nil {
		return nil, fmt.Errorf("rate: %w", err)
	}
	ratings := make([]Rating, len(names))
	for i, name := range names {
		elo, margin := p.strengths[i]*eloPerNat, z95*deviations[i]*eloPerNat
		ratings[i] = Rating{name, rounded(elo), rounded(elo - margin), rounded(elo + margin), games[name]}
	}
	return ratings, nil
}

// gamesOf checks the evidence and counts the games of each participant.
func gamesOf(matches []Match) (map[string]int64, error) {
	games := map[string]int64{}
	var all int64
	for i, match := range matches {
		if err := match.validate(); err != nil {
			return nil, fmt.Errorf("match %d of %q: %w", i, match.Participants, err)
		}
		for _, outcome := range match.Outcomes {
			if all += outcome.Games; all > MaxGames {
				return nil, fmt.Errorf("match %d of %q: more than %d games in all: leave out the oldest", i, match.Participants, MaxGames)
			}
			for seat, name := range match.Participants {
				if slices.Index(match.Participants, name) == seat { // who has several seats played one game
					games[name] += outcome.Games
				}
			}
		}
	}
	if len(games) > MaxParticipants {
		return nil, fmt.Errorf("%d participants: leave out the oldest, %d can be rated at once", len(games), MaxParticipants)
	}
	return games, nil
}

func rounded(elo float64) float64 { return math.Round(elo*1000) / 1000 }
