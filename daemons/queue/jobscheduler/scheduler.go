package jobscheduler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	// asking is how many questions to Temporal or the ledger are under way at once.
	asking = 8
	// Rounds that events ask for rest as long as the round before took, within these bounds: a flood of events
	// takes half a core at most, and a single one is answered at once.
	minRest = 10 * time.Millisecond
	maxRest = time.Second
)

type scheduler struct {
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	memory   memory
	resting  time.Time // no round before
	purgedAt time.Time // when no finished job was left that is to be forgotten

	mu   sync.Mutex
	last round
}

var (
	_ host.Ticker     = (*scheduler)(nil)
	_ host.Subscriber = (*scheduler)(nil)
	_ host.Waker      = (*scheduler)(nil)
	_ host.Checker    = (*scheduler)(nil)
)

func newScheduler(config Config, rt host.Runtime) *scheduler {
	return &scheduler{config: config, rt: rt, memory: newMemory()}
}

// Interval implements host.Ticker.
func (s *scheduler) Interval() time.Duration { return s.config.Interval }

// Subscriptions implements host.Subscriber.
func (s *scheduler) Subscriptions() []bus.Name {
	return append(s.WokenBy(), "NODE_UNHEALTHY", "NODE_RECOVERED", "DISK_SPACE_LOW")
}

// WokenBy implements host.Waker: the ledger has what these tell of.
func (s *scheduler) WokenBy() []bus.Name {
	return []bus.Name{"WORK_QUEUED", "WORK_COMPLETED", "WORK_FAILED", "WORK_RETRY", "WORK_CANCELLED", "JOB_PREEMPTED"}
}

// Handle implements host.Subscriber: the event is a hint, and the round that follows it looks for itself.
func (s *scheduler) Handle(context.Context, bus.Event) error { return nil }

// Tick implements host.Ticker.
func (s *scheduler) Tick(ctx context.Context) error {
	if s.rt.Ledger == nil || s.rt.Jobs == nil {
		return host.Never(errors.New("this process has no ledger, or does not run jobs"))
	}
	began := time.Now()
	if wait := s.resting.Sub(began); wait > 0 {
		return host.Later(wait)
	}
	session, err := s.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	found := round{at: s.rt.Now()}
	err = s.round(ctx, session, &found)
	s.resting = time.Now().Add(min(max(time.Since(began), minRest), maxRest))
	if err != nil {
		return waitForLedger(err)
	}
	s.keep(found)
	if found.more {
		return host.Later(minRest)
	}
	return nil
}

// round brings the leases up to date, places what there is room for, and forgets what is over for long.
func (s *scheduler) round(ctx context.Context, session *ledger.Session, found *round) error {
	leased, err := session.Ledger().LeasedJobs(ctx)
	if err != nil {
		return err
	}
	s.memory.forgetOthers(leased)
	taken, err := s.keepLeases(ctx, session, leased)
	if err != nil {
		return err
	}
	if taken {
		if leased, err = session.Ledger().LeasedJobs(ctx); err != nil {
			return err
		}
	}
	if err := s.cancelWanted(ctx, leased); err != nil {
		return err
	}
	found.leased = len(leased)
	if err := s.placeJobs(ctx, session, leased, found); err != nil {
		return err
	}
	return s.purge(ctx, session)
}

// waitForLedger makes an absent ledger something to wait for.
func waitForLedger(err error) error {
	if ledger.IsUnavailable(err) {
		return host.Dependency(err)
	}
	return err
}

// waitForTemporal makes an absent server something to wait for: jobs.Workflows has no other errors.
func waitForTemporal(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return host.Dependency(fmt.Errorf("reach the jobs: %w", err))
}
