package check

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload"
)

// determinism repeats self-play, training and evaluation.
func determinism(ctx context.Context, k *kit) error {
	for _, one := range []struct {
		first  func() (*outcome, error)
		repeat func() (spec, error)
	}{
		{func() (*outcome, error) { return k.selfplayRun(ctx) }, func() (spec, error) { return k.selfplaySpec(ctx, k.options.Games) }},
		{func() (*outcome, error) { return k.trainRun(ctx) }, func() (spec, error) { return k.trainSpec(ctx) }},
	} {
		first, err := one.first()
		if err != nil {
			return blocked(err)
		}
		s, err := one.repeat()
		if err != nil {
			return err
		}
		s.job = first.attempt.Request.JobID
		again, err := k.succeed(ctx, s)
		if err != nil {
			return err
		}
		if err := sameOutputs(first, again); err != nil {
			return err
		}
	}
	return nil
}

// sameOutputs compares what two runs of one request have handed over.
func sameOutputs(first, again *outcome) error {
	role, _ := workload.OutputOf(first.attempt.Request.Command)
	a, err := first.Result.Output(role)
	if err != nil {
		return err
	}
	b, err := again.Result.Output(role)
	if err != nil {
		return err
	}
	if a.SHA256 != b.SHA256 {
		return fmt.Errorf("%s gave two different files for the same request: %.12s… and %.12s…", first.attempt.Request.Command, a.SHA256, b.SHA256)
	}
	return nil
}

// anotherSeed plays the same games with another seed.
func anotherSeed(ctx context.Context, k *kit) error {
	first, err := k.selfplayRun(ctx)
	if err != nil {
		return blocked(err)
	}
	s, err := k.selfplaySpec(ctx, k.options.Games)
	if err != nil {
		return err
	}
	s.seed, s.job = 2, first.attempt.Request.JobID
	other, err := k.succeed(ctx, s)
	if err != nil {
		return err
	}
	same, err := sameMoves(ctx, first, other)
	if err != nil {
		return err
	}
	if same {
		return errors.New("self-play gave the same moves for two seeds")
	}
	return nil
}
