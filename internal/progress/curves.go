package progress

import (
	"context"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// maxPoints is how many of a curve's newest points are told.
const maxPoints = 200

// Curve is how strong the canonical models of a configuration are, the oldest first. All its ratings are of one
// computation, from all matches: ratings of different computations do not compare.
type Curve struct {
	ConfigKey string  `json:"config_key"`
	Harness   string  `json:"harness"`
	Points    []Point `json:"points"`
}

// Point is one canonical model.
type Point struct {
	Generation int64          `json:"generation"` // 0 for the first canonical model
	ModelID    string         `json:"model_id"`
	At         time.Time      `json:"at"`     // when it became canonical
	Rating     *ledger.Rating `json:"rating"` // null: unknown
}

func readCurve(ctx context.Context, l *ledger.Ledger, snapshot ledger.RatingSnapshot) (Curve, error) {
	curve := Curve{ConfigKey: snapshot.ConfigKey, Harness: snapshot.Harness, Points: []Point{}}
	moves, err := l.PointerHistory(ctx, snapshot.ConfigKey, ledger.Canonical, ledger.Page{Limit: maxPoints})
	if err != nil {
		return curve, err
	}
	for _, move := range slices.Backward(moves.Items) {
		point := Point{Generation: move.Sequence - 1, ModelID: move.ModelID, At: move.MovedAt.UTC()}
		if rating, found := pipeline.RatingOf(snapshot, move.ModelID); found {
			point.Rating = &rating
		}
		curve.Points = append(curve.Points, point)
	}
	return curve, nil
}
