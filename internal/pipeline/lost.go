package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// ClassLost is the class of the failure of an order for a file that can be made again or done without, and that nobody can
// fetch.
const ClassLost = "lost_input"

// Choosing is implemented by work that can do without some of its inputs.
type Choosing interface {
	// Without says whether the next attempt at an order would do without an input that nobody can fetch, and which stage is
	// to be done again before it; empty: none.
	Without(order ledger.Stage, input jobs.Input) (again spec.Stage, can bool)
}

// lostResult is what an order leaves that has failed for the result of a stage before it.
type lostResult struct {
	Again spec.Stage `json:"again,omitempty"`
}

// lacking is a file that an order needs and that nobody can fetch now.
type lacking struct {
	jobs.Input
	reason string
}

func (l *lacking) Error() string { return fmt.Sprintf("input %q: %s", l.Name, l.reason) }

// Needed returns nil if an input can be fetched. Otherwise it is the error to end Prepare with: the order waits for it, or
// whoever has made it does so again. One that is corrupt for ever is for the job to fail for: the next attempt goes on
// without it, and to make the same again would not help.
func Needed(ctx context.Context, l *ledger.Ledger, input jobs.Input) error {
	reason, err := Absent(ctx, l, input.SHA256.String())
	if err != nil || reason == "" {
		return err
	}
	spoilt, err := l.Spoilt(ctx, input.SHA256.String())
	if err != nil || spoilt != "" {
		return err
	}
	return &lacking{input, reason}
}

// needed looks at all inputs of a job.
func needed(ctx context.Context, l *ledger.Ledger, request json.RawMessage) error {
	asked, err := RequestOf(ledger.Job{JobSpec: ledger.JobSpec{Request: request}})
	if err != nil {
		return err
	}
	for _, input := range asked.Inputs {
		if err := Needed(ctx, l, input); err != nil {
			return err
		}
	}
	return nil
}

// miss says what follows from a file that an order lacks. What a stage of the iteration has left is made again by it, once
// that pays. What the next attempt can do without ends this one. All else is waited for.
func (o *Owner) miss(ctx context.Context, l *ledger.Ledger, order ledger.Stage, job ledger.Job, lacks *lacking) error {
	maker, found, err := makerOf(ctx, l, order, lacks.SHA256.String())
	if err != nil {
		return err
	}
	if !found {
		return o.choose(order, lacks)
	}
	here, err := NodesHere(ctx, l)
	if err != nil {
		return err
	}
	if !AnyHere(here) { // nobody could make it
		return Wait("%v", lacks)
	}
	pays, err := paysAt(ctx, l, maker, job, lacks.SHA256.String())
	if err != nil {
		return err
	}
	now, err := l.Now(ctx)
	switch {
	case err != nil:
		return err
	case now.Before(pays):
		return Wait("%v; at %s %s makes it again", lacks, pays.UTC().Format(time.RFC3339), maker.Stage)
	}
	return &fault{class: ClassLost, text: fmt.Sprintf("%v: %s makes it again", lacks, maker.Stage), again: spec.Stage(maker.Stage)}
}

// choose ends an order whose next attempt can do without a file. Another one waits.
func (o *Owner) choose(order ledger.Stage, lacks *lacking) error {
	choosing, is := o.Work.(Choosing)
	if !is {
		return Wait("%v", lacks)
	}
	again, can := choosing.Without(order, lacks.Input)
	if !can {
		return Wait("%v", lacks)
	}
	return &fault{class: ClassLost, text: fmt.Sprintf("%v: the next attempt does without it", lacks), again: again}
}

// makerOf is the last stage before an order, of the same iteration, whose result names a file.
func makerOf(ctx context.Context, l *ledger.Ledger, order ledger.Stage, sha256 string) (ledger.Stage, bool, error) {
	all, err := l.StagesOf(ctx, order.ConfigKey, order.Iteration)
	for _, one := range slices.Backward(all) {
		if one.Stage != order.Stage && one.State == ledger.StageDone && strings.Contains(string(one.Result), sha256) {
			return one, true, err
		}
	}
	return ledger.Stage{}, false, err
}

// paysAt is when to wait for a file has cost as much as to make it again, and to do again what a job has done with it.
func paysAt(ctx context.Context, l *ledger.Ledger, maker ledger.Stage, job ledger.Job, sha256 string) (time.Time, error) {
	since, err := AwaySince(ctx, l, sha256)
	if err != nil {
		return since, err
	}
	if since.Before(maker.EndedAt) {
		since = maker.EndedAt
	}
	done, err := progressOf(ctx, l, job)
	return since.Add(maker.EndedAt.Sub(maker.OrderedAt) + done), err
}

// progressOf is how long a job has run that can go on from a checkpoint.
func progressOf(ctx context.Context, l *ledger.Ledger, job ledger.Job) (ran time.Duration, err error) {
	if job.ResumeFrom == "" {
		return 0, nil
	}
	attempts, err := l.JobAttempts(ctx, job.ID)
	for _, attempt := range attempts {
		if !attempt.StartedAt.IsZero() && !attempt.EndedAt.IsZero() {
			ran += attempt.EndedAt.Sub(attempt.StartedAt)
		}
	}
	return ran, err
}
