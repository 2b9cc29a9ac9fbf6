package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// Audited is implemented by work that does not take its jobs at their word: another job, the audit, looks at what one has
// left, and Finish is asked once the audit has completed, whose report it finds by AuditOf.
type Audited interface {
	// Audit says which job looks at what a report tells of. The owner fills in its key, iteration and config, and gives it
	// the rank of the job that it looks at.
	Audit(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (ledger.JobSpec, error)
}

// AuditKey is the idempotency key of the job that audits the job of an order.
func AuditKey(order ledger.Stage) string { return JobKey(order) + "/audit" }

// AuditOf is what the completed audit of an order reports.
func AuditOf(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (jobs.Report, error) {
	job, err := l.JobByKey(ctx, AuditKey(order))
	if err != nil {
		return jobs.Report{}, fmt.Errorf("audit of %s: %w", JobKey(order), err)
	}
	return reportOf(job)
}

// evidence looks whether an audit that is pending can be begun. What the job of the order has left and nobody can fetch, the
// order's next attempt makes again, once that pays.
func (o *Owner) evidence(ctx context.Context, l *ledger.Ledger, done, audit ledger.Job) error {
	var lacks *lacking
	err := needed(ctx, l, audit.Request)
	if !errors.As(err, &lacks) {
		return err
	}
	made := ledger.Stage{OrderedAt: done.CreatedAt, EndedAt: done.FinishedAt}
	pays, err := paysAt(ctx, l, made, audit, lacks.SHA256.String())
	if err != nil {
		return err
	}
	now, err := l.Now(ctx)
	switch {
	case err != nil:
		return err
	case now.Before(pays):
		return Wait("audit of job %s: %v", done.ID, lacks)
	}
	return Fault(ClassLost, "audit of job %s: %v: the next attempt makes it again", done.ID, lacks)
}

// audit has a job look at what the job of an order has left. It returns nil once that has completed.
func (o *Owner) audit(ctx context.Context, session *ledger.Session, order ledger.Stage, audited Audited, done ledger.Job, report jobs.Report) error {
	job, err := session.Ledger().JobByKey(ctx, AuditKey(order))
	if errors.Is(err, ledger.ErrNotFound) {
		var wanted ledger.JobSpec
		if wanted, err = audited.Audit(ctx, session, order, report); err != nil {
			return err
		}
		wanted.Class, wanted.Priority = done.Class, done.Priority
		job, err = submit(ctx, session, order, AuditKey(order), wanted)
	}
	if err != nil {
		return err
	}
	if !strings.Contains(order.Waiting, job.ID) { // as with tellBegan
		if err := o.tellQueued(ctx, order, job); err != nil {
			return err
		}
	}
	switch {
	case job.Status == ledger.Pending:
		if err := o.evidence(ctx, session.Ledger(), done, job); err != nil {
			return err
		}
		fallthrough
	case !job.Status.Final():
		return Wait("job %s has ended; its audit, job %s, %s", done.ID, job.ID, place(job))
	case job.Status != ledger.Completed:
		return Fault(class(job), "audit of job %s, job %s: %s", done.ID, job.ID, text(job))
	}
	return nil
}
