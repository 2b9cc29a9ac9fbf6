package gauntletfeedback

import "github.com/ringrift/orchestrator/internal/bus"

// level is how bad a regression is; 0: none.
type level int

const (
	minor level = iota + 1
	moderate
	severe
	critical
)

func (l level) String() string {
	return [...]string{"none", "minor", "moderate", "severe", "critical"}[l]
}

// criticalRow of regressions is critical, whatever each of them is.
const criticalRow = 3

// drop is how far a candidate is below the canonical model that it met.
type drop struct {
	elo  *float64 // nil: one of them is not rated
	rate float64  // below parity, for two players
}

// level of a drop, by Elo or by the rate, whichever is worse.
func (d drop) level() (worst level) {
	for i, least := range []float64{20, 35, 50, 75} {
		if d.elo != nil && *d.elo >= least {
			worst = level(i + 1)
		}
	}
	for i, least := range []float64{.05, .10, .15} {
		if d.rate >= least {
			worst = max(worst, level(i+1))
		}
	}
	return worst
}

// drop of a result; false if the candidate is not proven weaker than the canonical model: its whole interval is below
// parity, over enough games.
func (r Result) drop(policy Policy) (drop, bool) {
	if r.Canonical == nil || r.Canonical.Games() < policy.RegressionGames {
		return drop{}, false
	}
	reached, _ := r.Canonical.Rate()
	_, high, _ := r.Canonical.Interval()
	parity := r.Canonical.Parity()
	if high >= parity {
		return drop{}, false
	}
	found := drop{rate: (parity - reached) / parity / 2}
	if r.Elo != nil && r.CanonicalElo != nil {
		below := r.CanonicalElo.Rating - r.Elo.Rating
		found.elo = &below
	}
	return found, found.level() > 0
}

// regression tells of a candidate that is weaker than the canonical model. Two in a row raise the level, three are
// critical. The first that is not weaker any more clears it.
func (e Evidence) regression(policy Policy) []bus.Payload {
	newest, row := e.Results[0], 0
	for _, result := range e.Results {
		if _, weaker := result.drop(policy); !weaker {
			break
		}
		row++
	}
	if row == 0 {
		if len(e.Results) == 1 {
			return nil
		}
		if _, was := e.Results[1].drop(policy); !was {
			return nil
		}
		return []bus.Payload{bus.RegressionCleared{Proposal: e.proposal("not proven weaker than the canonical model"), ModelID: newest.ModelID, Metric: metricElo}}
	}
	fallen, _ := newest.drop(policy)
	severity := fallen.level()
	if row > 1 {
		severity = min(severity+1, critical)
	}
	if row >= criticalRow {
		severity = critical
	}
	reached, _ := newest.Canonical.Rate()
	told := bus.RegressionDetected{
		Proposal: e.proposal("%.0f %% against the canonical model over %d games, %d in a row", 100*reached, newest.Canonical.Games(), row),
		ModelID:  newest.ModelID, Metric: metricElo, Severity: severity.String(), EloDrop: fallen.elo, WinRateDrop: &fallen.rate,
		Consecutive: row, GamesPlayed: newest.Canonical.Games(),
	}
	if fallen.elo != nil {
		told.CurrentElo, told.BaselineElo = &newest.Elo.Rating, &newest.CanonicalElo.Rating
	}
	return []bus.Payload{told}
}
