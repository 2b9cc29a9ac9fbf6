package jobs

import (
	"context"
	"fmt"
	"sync"

	"github.com/ringrift/orchestrator/internal/workload/run"
)

// maxRunning bounds the attempts of one node. The scheduler places far fewer; this holds against its faults.
const maxRunning = 64

// admissions are the attempts that run on this node, one a job.
type admissions struct {
	mutex sync.Mutex
	jobs  map[string]*admitted
}

type admitted struct {
	attempt int64
	end     context.CancelCauseFunc
	done    chan struct{}
}

func newAdmissions() admissions { return admissions{jobs: map[string]*admitted{}} }

// enter admits an attempt once no other one of its job runs. The context that it returns ends when a newer
// attempt wants to enter.
func (a *admissions) enter(ctx context.Context, assignment Assignment) (context.Context, func(), error) {
	ours := &admitted{attempt: assignment.Attempt, done: make(chan struct{})}
	limited, cancel := context.WithCancelCause(ctx)
	ours.end = cancel
	for {
		before, err := a.try(assignment.JobID, ours)
		if err != nil {
			cancel(nil)
			return nil, nil, err
		}
		if before == nil {
			return limited, func() { a.leave(assignment.JobID, ours) }, nil
		}
		before.end(run.ErrLost)
		select {
		case <-before.done:
		case <-ctx.Done():
			cancel(nil)
			return nil, nil, context.Cause(ctx)
		}
	}
}

// try enters, or returns the attempt that has to end before.
func (a *admissions) try(job string, ours *admitted) (before *admitted, err error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	switch before = a.jobs[job]; {
	case before != nil && before.attempt > ours.attempt:
		return nil, fmt.Errorf("attempt %d runs here, this is attempt %d", before.attempt, ours.attempt)
	case before != nil:
		return before, nil
	case len(a.jobs) >= maxRunning:
		return nil, fmt.Errorf("%d attempts run on this node, which is the most", maxRunning)
	}
	a.jobs[job] = ours
	return nil, nil
}

func (a *admissions) leave(job string, ours *admitted) {
	a.mutex.Lock()
	delete(a.jobs, job)
	a.mutex.Unlock()
	ours.end(nil)
	close(ours.done)
}

// has says whether an attempt of a job runs.
func (a *admissions) has(job string) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.jobs[job] != nil
}

// count is how many attempts run.
func (a *admissions) count() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return len(a.jobs)
}
