package promotion

import (
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/rating"
)

func of[T any](value T) *T { return &value }

// model makes up a hash, and the id that goes with it.
func model(digit string) (id, sha256 string) {
	sha256 = strings.Repeat(digit, 64)
	return sha256[:16], sha256
}

func tally(opponent string, wins, draws, losses int64) Tally {
	score := rating.Score{Players: 2, Wins: wins, Draws: draws, Losses: losses}
	return Tally{Opponent: opponent, Score: score, Recount: &Recount{Score: score, ReplayErrors: wrong(0)}}
}

var judgedAt = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// proven is evidence for a candidate that deserves to be canonical.
func proven() Evidence {
	candidate, candidateSum := model("c")
	canonical, canonicalSum := model("a")
	return Evidence{
		ConfigKey: "sq5_2p", Players: 2, JudgedAt: judgedAt,
		Candidate: Candidate{candidate, candidateSum, of(true), of(true), of(false)},
		Canonical: &Pointer{3, canonical, canonicalSum, of(true), judgedAt.Add(-time.Hour)},
		Evaluation: &Evaluation{
			EvalID: "e123456789", ModelID: candidate, Protocol: "1",
			Baselines:  []Tally{tally(Random, 60, 2, 2), tally(Heuristic, 30, 4, 30)},
			HeadToHead: of(tally(canonical, 140, 10, 50)),
		},
		CandidateRating: of(1650.0), CanonicalRating: of(1500.0), GamesOwned: of(int64(1200)),
		Quality: &Quality{0.7, 400}, Calibrated: of(true),
	}
}

// with changes a copy of the proven evidence.
func with(change func(e *Evidence)) Evidence {
	e := proven()
	change(&e)
	return e
}

// strict demands all a policy can demand.
func strict() Policy {
	p := DefaultPolicy()
	p.DemandQuality, p.DemandCalibration = true, true
	return p
}

// wrong is a number of games that do not follow from their moves.
func wrong(games int64) *int64 { return &games }
