package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// maxTrials bounds the jobs of one search. Files of a cut are halved eleven times at most.
const maxTrials = 16

// TrialKey is the idempotency key of a job that tries the command of an order on other inputs; the first has the number 1.
func TrialKey(order ledger.Stage, number int) string {
	return fmt.Sprintf("%s/trial/%d", JobKey(order), number)
}

// convict proves that an input is to blame: the command works without it and fails with it, and does so again where the
// input is set aside for that. It ends with what came of it, or with what it waits for. What the search asks follows from
// what came of the trials before, so that it goes on from the ledger alone.
func (s *search) convict(ctx context.Context) error {
	for suspects := s.work.Suspects(s.request); len(suspects) > 0; suspects = suspects[1:] {
		works, fails, err := s.narrow(ctx, suspects)
		if err != nil {
			return err
		}
		if works == 0 { // it has failed on the first one alone
			others, err := s.others(ctx, suspects)
			if err != nil {
				return err
			}
			failed, err := s.try(ctx, others, nil)
			if err != nil {
				return err
			}
			if failed {
				continue // the rest may have another bad one
			}
		}
		return s.sentence(ctx, suspects[:fails])
	}
	return unproven("it fails on others too")
}

// narrow halves the suspects until the command works on the first so many of them, or has not been tried on fewer than one,
// and fails on one more.
func (s *search) narrow(ctx context.Context, suspects []jobs.Input) (works, fails int, err error) {
	for fails = len(suspects); fails-works > 1; {
		middle := (works + fails) / 2
		failed, err := s.try(ctx, suspects[:middle], nil)
		switch {
		case err != nil:
			return 0, 0, err
		case failed:
			fails = middle
		default:
			works = middle
		}
	}
	return works, fails, nil
}

// others are inputs without the first suspect: the other suspects or, if it is the only one, those on which the command has
// worked last.
func (s *search) others(ctx context.Context, suspects []jobs.Input) ([]jobs.Input, error) {
	if len(suspects) > 1 {
		return suspects[1:], nil
	}
	filter := ledger.JobFilter{Kind: s.job.Kind, ConfigKey: s.job.ConfigKey, Statuses: []ledger.Status{ledger.Completed}}
	const recent = 20
	before, err := s.session.Ledger().Jobs(ctx, filter, ledger.Page{Limit: recent})
	if err != nil {
		return nil, err
	}
	for _, job := range before.Items {
		request, err := RequestOf(job)
		if err != nil {
			return nil, err
		}
		others := s.work.Suspects(request)
		if request.Trial != nil || len(others) == 0 || slices.ContainsFunc(others, s.given) {
			continue
		}
		return others, nil
	}
	return nil, unproven("it is the only one, and the command has worked on no other yet")
}

// given says whether the job of the order has an input.
func (s *search) given(input jobs.Input) bool {
	return slices.ContainsFunc(s.request.Inputs, func(one jobs.Input) bool { return one.SHA256 == input.SHA256 })
}

// try runs the command on other inputs, and says whether it fails as that of the order has.
func (s *search) try(ctx context.Context, others []jobs.Input, blame *jobs.Blame) (failed bool, err error) {
	job, err := s.trial(ctx, others, blame)
	if err != nil {
		return false, err
	}
	if reason, idle := unmetReason(job); idle { // as good as done
		if _, err := s.session.CancelJob(ctx, job.ID, nothingToDo+reason); err != nil {
			return false, err
		}
		s.working = job.ID
		return false, nil
	}
	switch {
	case !job.Status.Final():
		return false, Wait("job %s has failed like one before; trial %d of its inputs, job %s, %s", s.job.ID, s.trials, job.ID, place(job))
	case job.Status == ledger.Completed:
		s.working = job.ID
		return false, nil
	case job.Status == ledger.Failed && job.ErrorClass == s.job.ErrorClass:
		s.failing = job.ID
		return true, nil
	}
	return false, unproven(fmt.Sprintf("trial %d, job %s, has ended otherwise: %s", s.trials, job.ID, text(job)))
}

// trial is the next one, which is queued unless it was.
func (s *search) trial(ctx context.Context, others []jobs.Input, blame *jobs.Blame) (job ledger.Job, err error) {
	if s.trials++; s.trials > maxTrials {
		return job, unproven(fmt.Sprintf("%d trials were not enough", maxTrials))
	}
	key := TrialKey(s.order, s.trials)
	if job, err = s.session.Ledger().JobByKey(ctx, key); errors.Is(err, ledger.ErrNotFound) {
		var wanted ledger.JobSpec
		if wanted, err = s.wanted(others, blame); err != nil {
			return job, err
		}
		job, err = submit(ctx, s.session, s.order, key, wanted)
	}
	if err == nil && !strings.Contains(s.order.Waiting, job.ID) { // as with tellBegan
		err = s.owner.tellQueued(ctx, s.order, job)
	}
	return job, err
}

// wanted is the job of the order on other inputs, once.
func (s *search) wanted(others []jobs.Input, blame *jobs.Blame) (ledger.JobSpec, error) {
	request, err := s.work.Only(s.request, others)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	request.Trial = &jobs.Trial{Blame: blame}
	wanted := s.job.JobSpec
	wanted.MaxAttempts, wanted.DependsOn = 1, nil
	wanted.Request, err = json.Marshal(request)
	if err != nil {
		err = fmt.Errorf("encode the request of a trial: %w", err)
	}
	return wanted, err
}

// sentence has the last of some inputs set aside by a node on which the command fails once more.
func (s *search) sentence(ctx context.Context, inputs []jobs.Input) error {
	culprit := inputs[len(inputs)-1]
	failed, err := s.try(ctx, inputs, &jobs.Blame{Input: culprit.Name, Class: s.job.ErrorClass, Reason: fmt.Sprintf(
		"%s fails with it (%s, jobs %s and %s) and works without it (job %s)", s.request.Command, s.job.ErrorClass, s.job.ID, s.failing, s.working)})
	if spoilt, err := s.spoilt(ctx); spoilt != nil || err != nil {
		return errors.Join(spoilt, err)
	}
	switch {
	case err != nil:
		return err
	case failed:
		return unproven(fmt.Sprintf("no node has set input %q aside", culprit.Name))
	}
	return unproven(fmt.Sprintf("the command has worked at last on input %q, job %s", culprit.Name, s.working))
}
