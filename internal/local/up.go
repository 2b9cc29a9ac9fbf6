package local

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

// exitNotReady is the starter's exit code for daemons that were started but are not all ready in time.
const exitNotReady = 3

// Up starts what is missing of the installation and waits until its daemons are ready. If it fails or is
// interrupted, it stops what it has started itself and leaves alone what ran before. Once the daemons are
// started everything stays, also if they are not ready in time, so that the operator can look.
func (i *Installation) Up(ctx context.Context) error {
	if err := i.prepare(); err != nil {
		return err
	}
	unlock, err := i.lock()
	if err != nil {
		return err
	}
	defer unlock()
	steps, err := i.plan(ctx)
	if err != nil {
		return err
	}
	return i.carryOut(ctx, steps)
}

func (i *Installation) carryOut(ctx context.Context, steps []step) (err error) {
	var started []service
	defer func() { err = i.settle(ctx, err, started) }()
	if len(steps) > 0 {
		if err := i.remember(); err != nil {
			return err
		}
	}
	for _, step := range steps {
		started = append(started, step.service)
		if err := i.start(ctx, step); err != nil {
			return err
		}
	}
	if len(steps) == 0 {
		i.say("Server and %s are up already.", workers(i.config.Nodes))
	}
	if err := i.endSurplus(ctx); err != nil {
		return err
	}
	err = i.starter(ctx, "up", "--wait") // it shows its own progress
	if err != nil && !notReady(err) {
		return fmt.Errorf("start the daemons: %w", err)
	}
	started = nil // from here on everything stays
	return errors.Join(err, i.summary(ctx))
}

// endSurplus ends the workers beyond NODES, after those that stay are there to take over.
func (i *Installation) endSurplus(ctx context.Context) error {
	over, err := i.surplus()
	for _, s := range slices.Backward(over) {
		err = errors.Join(err, i.end(ctx, s))
	}
	return err
}

func workers(count int) string {
	if count == 1 {
		return "worker"
	}
	return fmt.Sprintf("%d workers", count)
}

func (i *Installation) start(ctx context.Context, step step) error {
	begin := time.Now()
	ended, err := step.service.start(step.command)
	if err != nil {
		return err
	}
	if err := step.await(ctx, ended, step.serves); err != nil {
		return err
	}
	i.say("Started %-8s at %s in %.1f s", step.name, step.address, time.Since(begin).Seconds())
	return nil
}

// settle takes back what was started if that came to nothing.
func (i *Installation) settle(ctx context.Context, err error, started []service) error {
	if err == nil || len(started) == 0 {
		return err
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted; what this command had started is stopped")
	}
	return errors.Join(err, i.undo(started))
}

// undo stops the services in reverse order, also when the operator has interrupted us.
func (i *Installation) undo(started []service) error {
	var faults []error
	for at := len(started) - 1; at >= 0; at-- {
		if err := i.end(context.Background(), started[at]); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

func notReady(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == exitNotReady
}
