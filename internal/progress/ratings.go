package progress

import (
	"context"
	"maps"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Ratings is what `starter ratings` prints.
type Ratings struct {
	Ratings []ledger.RatingSnapshot `json:"ratings"`
	Curves  []Curve                 `json:"curves"`
	// Is tells what models are: canonical, production, previous, candidate, quarantined.
	Is map[string][]string `json:"is"`
}

// ReadRatings tells of the ratings of a configuration, or of all if it is empty, and of their curves.
func ReadRatings(ctx context.Context, l *ledger.Ledger, config string) (Ratings, error) {
	report := Ratings{Ratings: []ledger.RatingSnapshot{}, Curves: []Curve{}, Is: map[string][]string{}}
	all, err := l.NewestRatings(ctx)
	if err != nil {
		return report, err
	}
	known := offices{}
	for _, snapshot := range all {
		if config != "" && config != snapshot.ConfigKey {
			continue
		}
		curve, err := readCurve(ctx, l, snapshot)
		if err != nil {
			return report, err
		}
		office, err := known.of(ctx, l, snapshot.ConfigKey)
		if err != nil {
			return report, err
		}
		maps.Copy(report.Is, office.is)
		report.Ratings, report.Curves = append(report.Ratings, snapshot), append(report.Curves, curve)
	}
	return report, nil
}
