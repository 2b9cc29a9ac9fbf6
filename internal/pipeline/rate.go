package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/workload"
)

// readings is how often matches are read that others add to meanwhile.
const readings = 5

// Harness is the name under which a way of playing is rated: ratings of different searches do not compare. A search
// budget of 0 is that of the workload.
func Harness(id string, searchBudget int) string {
	if searchBudget == 0 {
		return id
	}
	return fmt.Sprintf("%s:b%d", id, searchBudget)
}

// Rate rates everyone who has played a configuration under a harness, from all matches there are, unless that was done.
// It returns these ratings, and those before them. Baselines that the workload has pinned, or that a calibration has
// anchored, stay where they are, so that ratings of different times compare. Of more participants than can be rated at once, those who have not played for longest are left out, with their matches: a
// rating tells by its absence that it is one of them.
func Rate(ctx context.Context, session *ledger.Session, configKey, harness string, w *workload.Workload) (now, before ledger.RatingSnapshot, err error) {
	evidence, matches, err := evidenceOf(ctx, session.Ledger(), configKey, harness)
	if err != nil {
		return now, before, err
	}
	known, err := session.Ledger().RatingHistory(ctx, configKey, harness, ledger.Page{Limit: 2})
	if err != nil {
		return now, before, err
	}
	latest := append(known.Items, ledger.RatingSnapshot{}, ledger.RatingSnapshot{})
	if latest[0].Evidence.Digest == evidence.Digest {
		return latest[0], latest[1], nil
	}
	given, err := Anchors(ctx, session.Ledger(), configKey, harness, w.Hash)
	if err != nil {
		return now, before, err
	}
	if given == nil {
		given = Pinned(w)
	}
	ratings, err := rating.Compute(lately(matches, rating.MaxParticipants), rating.Options{Pinned: given})
	if err != nil {
		return now, before, Fault("rating", "rate %s under %s: %v", configKey, harness, err)
	}
	now = ledger.RatingSnapshot{ConfigKey: configKey, Harness: harness, Evidence: evidence}
	for _, one := range ratings {
		now.Ratings = append(now.Ratings, ledger.Rating(one))
	}
	now, err = session.SaveRatings(ctx, now)
	return now, latest[0], err
}

// RatingOf finds a participant in ratings.
func RatingOf(snapshot ledger.RatingSnapshot, participant string) (ledger.Rating, bool) {
	for _, one := range snapshot.Ratings {
		if one.Participant == participant {
			return one, true
		}
	}
	return ledger.Rating{}, false
}

// lately are the matches among so many participants who have played last. Matches are in the order of their playing.
func lately(matches []rating.Match, most int) []rating.Match {
	taken := map[string]bool{}
	var kept []rating.Match
	for _, match := range slices.Backward(matches) {
		fresh := map[string]bool{}
		for _, name := range match.Participants {
			if !taken[name] {
				fresh[name] = true
			}
		}
		if len(taken)+len(fresh) > most {
			continue
		}
		maps.Copy(taken, fresh)
		kept = append(kept, match)
	}
	return kept
}

// evidenceOf reads all matches, and the digest of just these.
func evidenceOf(ctx context.Context, l *ledger.Ledger, configKey, harness string) (ledger.Evidence, []rating.Match, error) {
	before, err := l.Evidence(ctx, configKey, harness)
	for range readings {
		if err != nil {
			return before, nil, err
		}
		matches, err := matchesOf(ctx, l, configKey, harness)
		if err != nil {
			return before, nil, err
		}
		after, err := l.Evidence(ctx, configKey, harness)
		if err != nil || after.Digest == before.Digest {
			return after, matches, err
		}
		before = after
	}
	return before, nil, errors.New("matches keep coming while they are read: try again")
}

func matchesOf(ctx context.Context, l *ledger.Ledger, configKey, harness string) (all []rating.Match, err error) {
	page := ledger.Page{Limit: 1000}
	for {
		part, err := l.Matches(ctx, configKey, harness, page)
		if err != nil {
			return nil, err
		}
		for _, match := range part.Items {
			one := rating.Match{Participants: match.Participants}
			for _, outcome := range match.Outcomes {
				one.Outcomes = append(one.Outcomes, rating.Outcome(outcome))
			}
			all = append(all, one)
		}
		if part.Next == "" {
			return all, nil
		}
		page.After = part.Next
	}
}

// Pinned are the baselines whose rating a workload gives, in Elo, by name.
func Pinned(w *workload.Workload) map[string]float64 {
	given := map[string]float64{}
	for _, baseline := range w.Manifest.Baselines {
		if baseline.Pinned {
			given[baseline.ID] = baseline.NominalElo
		}
	}
	return given
}
