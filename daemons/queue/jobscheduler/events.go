package jobscheduler

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

func workOf(job ledger.Job, node string) bus.Work {
	return bus.Work{
		Config: bus.ConfigOf(job.ConfigKey), JobID: job.ID, Kind: job.Kind, Priority: job.Priority, NodeID: node,
		Attempt: job.Attempt, Token: job.Token,
	}
}

// tellClaimed tells that a node has a job. What becomes of it there is told by those who run it.
func (s *scheduler) tellClaimed(ctx context.Context, job ledger.Job) error {
	return s.rt.Bus.Publish(ctx, bus.WorkClaimed{Work: workOf(job, job.Node)})
}

// tellExpired tells that a node has lost a job, and what became of that.
func (s *scheduler) tellExpired(ctx context.Context, lost ledger.Expired) error {
	work := workOf(lost.Job, lost.Node)
	work.Token = lost.Lease.Token
	fault := bus.WorkFault{Work: work, Error: lost.Job.Error, ErrorClass: ledger.ClassLost, Permanent: lost.Job.Status == ledger.Failed}
	if err := s.rt.Bus.Publish(ctx, bus.WorkTimeout{WorkFault: fault}); err != nil {
		return err
	}
	switch lost.Job.Status {
	case ledger.Failed:
		return s.rt.Bus.Publish(ctx, bus.WorkFailed{WorkFault: fault})
	case ledger.Cancelled:
		return s.rt.Bus.Publish(ctx, bus.WorkCancelled{Work: work, Reason: lost.Job.CancelReason})
	}
	return nil
}
