package program

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// service runs a program until it is told to stop, the program ends, or it is found not to live any more.
type service struct {
	*program
	began   chan struct{} // closed once the process runs
	running *running      // read once began is closed
	ready   chan struct{} // closed once it is ready: liveness is asked from then on
}

func newService(one *program) *service {
	return &service{program: one, began: make(chan struct{}), ready: make(chan struct{})}
}

// Ready waits until the program runs and what its row calls ready holds.
func (s *service) Ready(ctx context.Context) error {
	select {
	case <-s.began:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.awaitReady(ctx); err != nil {
		return err
	}
	close(s.ready)
	return nil
}

func (s *service) awaitReady(ctx context.Context) error {
	probe := s.spec.Readiness
	switch {
	case probe == nil:
		return nil
	case probe.Log != "" || probe.Descriptor > 0:
		select {
		case <-s.running.Ready():
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	asker, err := s.running.asker(*probe)
	if err != nil {
		return err
	}
	return asker.await(ctx, func(state verdict) { s.probed("the last answer was", state) })
}

// Serve runs the program. It returns when no process of it is left.
func (s *service) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	started, err := s.start(ctx)
	if err != nil {
		return err
	}
	defer started.release()
	s.running = started
	close(s.began)
	dead := make(chan error, 1)
	go func() { dead <- s.watch(ctx) }()
	select {
	case <-started.Done():
		cancel()
		<-dead // no question outlives the program
		return s.finish(started.Wait())
	case err := <-dead:
		if err != nil {
			started.Stop(s.spec.StopGrace)
		}
		if exit := started.Wait(); err == nil {
			return s.finish(exit)
		}
		return err
	}
}

// watch asks whether the program lives, once it is ready, and returns an error when it is believed that it does not.
// Nil means that ctx has ended, or that nobody asks.
func (s *service) watch(ctx context.Context) error {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return nil
	}
	if s.spec.Liveness == nil {
		return nil
	}
	asker, err := s.running.asker(*s.spec.Liveness)
	if err != nil {
		return err
	}
	graceUntil := s.running.Started().Add(s.runtime.Spec.StartupGrace)
	err = asker.watch(ctx, graceUntil, func(state verdict) { s.probed("not alive", state) })
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return host.Unhealthy(fmt.Errorf("program %s is not alive: %w", s.spec.Name, err))
}

// Health tells what it uses and how it answers.
func (s *service) Health(context.Context) spec.Health { return s.verdict(time.Now()) }
