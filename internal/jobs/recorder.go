package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Party is in whose name the recorder writes and speaks.
const Party = "JOB_SCHEDULER"

// RecorderConfig is what a Recorder works with. Zero means the default where one is named.
type RecorderConfig struct {
	// Open returns the ledger, which stays its caller's.
	Open func(context.Context) (*ledger.Ledger, error)
	// Publish keeps events for the log, durably and in their order; nil: nobody hears them.
	Publish func(context.Context, ...bus.Event) error
	// Lease is for how long an attempt is the node's before somebody must renew it; default 2 min.
	Lease time.Duration
	// Alive is for how long after it was last seen a node counts as a source of files; default 3 min.
	Alive time.Duration
}

// Recorder writes the beginnings and the ends of attempts into the ledger. All of it is under the token of a
// grant and may be repeated: an old token changes nothing, and a repetition changes nothing more. Errors mean
// that the ledger or the outbox is away: try again.
type Recorder struct{ config RecorderConfig }

// NewRecorder returns a recorder.
func NewRecorder(config RecorderConfig) *Recorder {
	if config.Lease == 0 {
		config.Lease = 2 * time.Minute
	}
	if config.Alive == 0 {
		config.Alive = 3 * time.Minute
	}
	if config.Publish == nil {
		config.Publish = func(context.Context, ...bus.Event) error { return nil }
	}
	return &Recorder{config}
}

// grant is the work on one grant: the ledger in the name of the ends of jobs, and the lease that the token is for.
type grant struct {
	*Recorder
	spec.JobGrant
	session *ledger.Session
	lease   ledger.Lease
}

func (r *Recorder) open(ctx context.Context, g spec.JobGrant) (*grant, error) {
	opened, err := r.config.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", g.JobID, err)
	}
	return &grant{r, g, opened.Session(Party, 0), ledger.Lease{JobID: g.JobID, Token: g.Token}}, nil
}

// gone says that the grant is no longer good, or its job is not in the ledger any more.
func gone(err error) bool {
	return errors.Is(err, ledger.ErrStale) || errors.Is(err, ledger.ErrNotFound)
}

// Start counts an attempt and says what the node is to run. A grant that is no longer good, whose job was
// cancelled meanwhile, or that cannot be run by anybody, is refused.
func (r *Recorder) Start(ctx context.Context, granted spec.JobGrant) (spec.JobStart, error) {
	g, err := r.open(ctx, granted)
	if err != nil {
		return spec.JobStart{}, err
	}
	job, err := g.session.StartJob(ctx, g.lease, g.config.Lease)
	switch {
	case gone(err):
		return spec.JobStart{Refused: err.Error()}, nil
	case err != nil:
		return spec.JobStart{}, err
	case !job.CancelRequestedAt.IsZero():
		return g.refuse(ctx, func() error { _, err := g.session.JobStopped(ctx, g.lease, ""); return err })
	}
	start, err := g.assign(ctx, job)
	var faulty *verdict
	if errors.As(err, &faulty) {
		return g.refuse(ctx, func() error {
			_, err := g.session.FailJob(ctx, g.lease, ledger.Failure{Class: faulty.Class, Message: faulty.Reason})
			return err
		})
	}
	if err != nil {
		return spec.JobStart{}, err
	}
	return start, g.tellStarted(ctx, job)
}

// refuse ends a grant that is not run.
func (g *grant) refuse(ctx context.Context, end func() error) (spec.JobStart, error) {
	if err := end(); err != nil && !gone(err) {
		return spec.JobStart{}, err
	}
	outcome, err := g.settle(ctx, nil, spec.JobStop{})
	return spec.JobStart{Refused: "the job is " + outcome.Status + ": " + outcome.Message}, err
}

// Finish ends an attempt in the ledger: what it handed over is registered first, its result comes last.
func (r *Recorder) Finish(ctx context.Context, end spec.JobEnd) (spec.JobOutcome, error) {
	g, err := r.open(ctx, end.Grant)
	if err != nil {
		return spec.JobOutcome{}, err
	}
	report, fault := g.read(end)
	if fault != "" {
		end.Lost = fault
	}
	if err := g.finish(ctx, end, report); err != nil && !gone(err) {
		return spec.JobOutcome{}, err
	}
	return g.settle(ctx, report, end.Stop)
}

// finish does what the ending demands while the lease is held. It returns an error that is gone when somebody
// has ended the attempt before.
func (g *grant) finish(ctx context.Context, end spec.JobEnd, report *Report) error {
	if _, err := g.session.RenewJob(ctx, g.lease, g.config.Lease); err != nil {
		return err
	}
	// What is registered is not under the token. Half of the lease is enough for it; a process that is frozen
	// for longer finds its time over.
	held, cancel := context.WithTimeout(ctx, g.config.Lease/2)
	defer cancel()
	job, err := g.session.Ledger().Job(held, g.JobID)
	if err != nil {
		return err
	}
	if report == nil {
		return g.lost(held, job, end)
	}
	if err := g.register(held, job, report); err != nil {
		return g.unlessRefused(held, err)
	}
	return g.decide(held, job, report, end)
}

// unlessRefused ends a job for good whose outputs contradict what the ledger knows; another try would, too.
func (g *grant) unlessRefused(ctx context.Context, err error) error {
	if !errors.Is(err, ledger.ErrConflict) && !errors.Is(err, ledger.ErrInvalid) {
		return err
	}
	_, err = g.session.FailJob(ctx, g.lease, ledger.Failure{Class: classRefused, Message: cut(err.Error())})
	return err
}
