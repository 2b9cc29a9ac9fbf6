package pipeline

import (
	"context"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// EvaluationQueue is the name under which the ledger keeps whether too many evaluations are open. EVALUATION alone writes
// it: QUEUE_MONITOR has a queue of jobs with the name of evaluation, whose levels are others.
const EvaluationQueue = "open_evaluations"

// The levels of EvaluationQueue. They are stored: never change one.
const (
	EvaluationCalm = "calm"
	EvaluationHigh = "high"
)

// EvaluationPressure is the level of EvaluationQueue, calm if it has never changed.
func EvaluationPressure(ctx context.Context, l *ledger.Ledger) (ledger.QueueLevel, error) {
	history, err := l.LevelHistory(ctx, EvaluationQueue, ledger.Page{Limit: 1})
	if err != nil || len(history.Items) == 0 {
		return ledger.QueueLevel{Queue: EvaluationQueue, Level: EvaluationCalm}, err
	}
	return history.Items[0], nil
}
