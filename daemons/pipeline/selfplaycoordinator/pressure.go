package selfplaycoordinator

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/queuelevel"
)

// fullFactor is the share of the full rate that a queue leaves which is only known to be full.
const fullFactor = .5

// fullness is how much the queues leave to self-play.
type fullness struct {
	factor float64 // of every stock: 1 is all
	why    string
}

// pressure looks at the levels that the monitors of the queues keep. A queue in which nothing waits exerts none, whatever
// its monitor has said before it stopped.
func pressure(ctx context.Context, l *ledger.Ledger) (fullness, error) {
	free := fullness{factor: 1}
	levels, err := l.Levels(ctx)
	if err != nil {
		return free, err
	}
	counts, err := l.JobCounts(ctx)
	if err != nil {
		return free, err
	}
	full := free
	for _, level := range levels {
		factor := 1.0
		switch {
		case level.Queue == queuelevel.PendingGames && waiting(counts, jobs.KindSelfplay) > 0:
			factor = queuelevel.Parse(level.Level).Factor()
		case level.Queue == queuelevel.Jobs && level.Level == queuelevel.Full && waiting(counts, "") > 0:
			factor = fullFactor
		}
		if factor < full.factor {
			full = fullness{factor, fmt.Sprintf("back-pressure: the queue %s is at %s", level.Queue, level.Level)}
		}
	}
	return full, nil
}

// waiting counts the jobs of a kind that wait; of all if it is empty.
func waiting(counts []ledger.JobCount, kind string) (jobs int64) {
	for _, count := range counts {
		if (kind == "" || count.Kind == kind) && count.Status == ledger.Pending {
			jobs += count.Jobs
		}
	}
	return jobs
}
