package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// MaxSubmissions is how many jobs one call of SubmitJobs takes.
const MaxSubmissions = 1000

// Submitted is a job in the queue, and whether this call has put it there.
type Submitted struct {
	Job Job
	New bool
}

// SubmitJob puts a job into the queue. A job that is there under the same idempotency key is returned as it is; one
// of another kind or config is an ErrConflict.
func (s *Session) SubmitJob(ctx context.Context, spec JobSpec) (Submitted, error) {
	submitted, err := s.SubmitJobs(ctx, []JobSpec{spec})
	if err != nil {
		return Submitted{}, err
	}
	return submitted[0], nil
}

// SubmitJobs puts jobs into the queue, all or none, and returns them in the order of specs. A spec may not depend
// on another one of the same call, since ids are given here.
func (s *Session) SubmitJobs(ctx context.Context, specs []JobSpec) (submitted []Submitted, err error) {
	if specs, err = checkedSpecs(specs); err != nil {
		return nil, fmt.Errorf("submit: %w", err)
	}
	order := make([]int, len(specs)) // one order, no deadlock
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(specs[a].IdempotencyKey, specs[b].IdempotencyKey) })
	err = s.write(ctx, fmt.Sprintf("submit %d jobs", len(specs)), func(t *tx) error {
		submitted = make([]Submitted, len(specs))
		for _, i := range order {
			one, err := t.submit(specs[i])
			if err != nil {
				return fmt.Errorf("job %s: %w", specs[i].IdempotencyKey, err)
			}
			submitted[i] = one
		}
		return nil
	})
	return submitted, err
}

func (t *tx) submit(spec JobSpec) (Submitted, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Submitted{}, fmt.Errorf("make an id: %w", err)
	}
	j := Job{ID: id.String(), JobSpec: spec, Status: Pending, CreatedAt: t.now, ReadyAt: t.now}
	if spec.NotBefore.After(t.now) {
		j.ReadyAt = spec.NotBefore
	}
	if j.WaitingFor, err = t.unfinished(spec.DependsOn); err != nil {
		return Submitted{}, err
	}
	if j.WaitingFor > 0 {
		j.Status = Waiting
	}
	args := append(jobSpec(j), jobState(j)...)
	inserted, err := t.exec("INSERT INTO jobs ("+jobColumns+") VALUES ("+marks(len(args))+") ON CONFLICT DO NOTHING", args...)
	if err != nil {
		return Submitted{}, err
	}
	if inserted == 0 {
		return t.known(spec)
	}
	for _, dependency := range spec.DependsOn {
		if _, err := t.exec("INSERT INTO job_dependencies (job_id, depends_on) VALUES (?, ?)", j.ID, dependency); err != nil {
			return Submitted{}, fmt.Errorf("depend on %s: %w", dependency, err)
		}
	}
	return Submitted{Job: j, New: true}, nil
}

// known returns the job that is in the queue under the key of spec.
func (t *tx) known(spec JobSpec) (Submitted, error) {
	j, err := only(t.access, scanJob, "SELECT "+jobColumns+" FROM jobs WHERE idempotency_key = ?", spec.IdempotencyKey)
	if err != nil {
		return Submitted{}, err
	}
	if j.Kind != spec.Kind || j.ConfigKey != spec.ConfigKey {
		return Submitted{}, fmt.Errorf("its key belongs to job %s, %s of %q: %w", j.ID, j.Kind, j.ConfigKey, ErrConflict)
	}
	return Submitted{Job: j}, nil
}

// unfinished counts the dependencies that are not completed, and keeps them as they are until the new job is there
// to be released by them.
func (t *tx) unfinished(dependencies []string) (open int64, err error) {
	for _, id := range slices.Sorted(slices.Values(dependencies)) {
		status, found, err := first(t.access, scanText, "SELECT status FROM jobs WHERE job_id = ? {for share}", id)
		switch {
		case err != nil:
			return 0, err
		case !found:
			return 0, fmt.Errorf("depends on job %s: %w", id, ErrNotFound)
		case Status(status) == Failed || Status(status) == Cancelled:
			return 0, fmt.Errorf("depends on job %s, which is %s: %w", id, status, ErrConflict)
		case Status(status) != Completed:
			open++
		}
	}
	return open, nil
}
