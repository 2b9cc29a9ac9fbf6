package jobscheduler

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// repeatStop is when a job is told again to end: the signal may have met a workflow that had not begun.
const repeatStop = 30 * time.Second

// cancelWanted tells the jobs to end whose owners do not want them any more.
func (s *scheduler) cancelWanted(ctx context.Context, leased []ledger.Job) error {
	for _, job := range leased {
		if job.CancelRequestedAt.IsZero() {
			continue
		}
		if err := s.stop(ctx, job, spec.SignalCancelJob, job.CancelReason); err != nil {
			return err
		}
	}
	return nil
}

// preempt tells the jobs to end whose places are needed.
func (s *scheduler) preempt(ctx context.Context, preemptions []jobs.Preemption) error {
	for _, one := range preemptions {
		if err := s.stop(ctx, one.Job, spec.SignalPreemptJob, one.Reason); err != nil {
			return err
		}
	}
	return nil
}

func (s *scheduler) stop(ctx context.Context, job ledger.Job, signal, reason string) error {
	lease, now := job.Lease(), s.rt.Now()
	if before, told := s.memory.stops[lease]; told && before.signal == signal && now.Sub(before.at) < repeatStop {
		return nil
	}
	if err := s.rt.Jobs.Stop(ctx, job.ID, signal, spec.JobStop{Actor: string(Type), Reason: reason}); err != nil {
		return waitForTemporal(ctx, err)
	}
	s.memory.stops[lease] = stopped{signal, now}
	s.rt.Logger.Info("a job was told to end", "job", job.ID, "token", job.Token, "subject", job.Node, "signal", signal, "reason", reason)
	return nil
}

// leaving are the leased jobs that were told to end, or are about to be.
func (s *scheduler) leaving(leased []ledger.Job) map[ledger.Lease]bool {
	leaving := make(map[ledger.Lease]bool, len(s.memory.stops))
	for _, job := range leased {
		before, told := s.memory.stops[job.Lease()]
		if !job.CancelRequestedAt.IsZero() || told && s.rt.Now().Sub(before.at) < repeatStop {
			leaving[job.Lease()] = true
		}
	}
	return leaving
}
