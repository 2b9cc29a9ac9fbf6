package progress

import (
	"context"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// All is every document as the starter prints it when it is asked for no part.
type All struct {
	Loops   Loops
	Models  Models
	Ratings Ratings
}

// Read tells of everything.
func Read(ctx context.Context, l *ledger.Ledger) (all All, err error) {
	if all.Loops, err = ReadLoops(ctx, l); err != nil {
		return all, err
	}
	if all.Models, err = ReadModels(ctx, l, "", ledger.Page{Limit: ModelsPerPage}); err != nil {
		return all, err
	}
	all.Ratings, err = ReadRatings(ctx, l, "")
	return all, err
}
