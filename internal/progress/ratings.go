package progress

import (
	"context"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Ratings is what `starter ratings` prints.
type Ratings struct {
	Ratings []ledger.RatingSnapshot `json:"ratings"`
	Curves  []Curve                 `json:"curves"`
}

// ReadRatings tells of the ratings of a configuration, or of all if it is empty, and of their curves.
func ReadRatings(ctx context.Context, l *ledger.Ledger, config string) (Ratings, error) {
	report := Ratings{Ratings: []ledger.RatingSnapshot{}, Curves: []Curve{}}
	all, err := l.NewestRatings(ctx)
	if err != nil {
		return report, err
	}
	for _, snapshot := range all {
		if config != "" && config != snapshot.ConfigKey {
			continue
		}
		curve, err := readCurve(ctx, l, snapshot)
		if err != nil {
			return report, err
		}
		report.Ratings, report.Curves = append(report.Ratings, snapshot), append(report.Curves, curve)
	}
	return report, nil
}
