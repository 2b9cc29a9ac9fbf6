package jobs

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Observe reads what Unfit and Refusals go by. Place wants the queue and the host times besides.
func Observe(ctx context.Context, l *ledger.Ledger, p Policy, leased []ledger.Job) (Snapshot, error) {
	snapshot := Snapshot{Leased: leased}
	var errs [3]error
	snapshot.Now, errs[0] = l.Now(ctx)
	snapshot.Nodes, errs[1] = l.Nodes(ctx)
	snapshot.Failures, errs[2] = l.NodeFailures(ctx, p.FailureWindow)
	return snapshot, errors.Join(errs[:]...)
}
