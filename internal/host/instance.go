package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// dependencyPause is the first wait after a dependency was found down; it doubles up to dependencyMax.
	dependencyPause = 250 * time.Millisecond
	dependencyMax   = 5 * time.Second
	// drainLimit bounds Drain, so that a hand-over cannot hold up a deploy.
	drainLimit = 5 * time.Second
	claimPause = time.Second
)

// instance is one attempt of one daemon.
type instance struct {
	config      Config
	declaration Declaration
	assignment  Assignment
	observer    Observer
	logger      *slog.Logger
	health      *health
	began       time.Time

	stopOnce sync.Once
	stopping chan struct{}
	reason   spec.StopReason
	done     chan struct{}
	exit     Exit

	mutex   sync.Mutex
	meter   Measurer // nil for a daemon that cannot tell what it uses
	phase   spec.Phase
	readyAt time.Time
}

func newInstance(config Config, declaration Declaration, assignment Assignment, observer Observer) *instance {
	i := &instance{
		config: config, declaration: declaration, assignment: assignment, observer: observer,
		stopping: make(chan struct{}), done: make(chan struct{}), phase: spec.PhaseStarting, began: config.Now(),
	}
	i.logger = config.Logger.With("daemon", assignment.Spec.Type, "node", config.Node, "epoch", assignment.Epoch, "attempt", assignment.Attempt)
	i.health = newHealth(i)
	return i
}

// stop tells the attempt to end; the first reason counts.
func (i *instance) stop(reason spec.StopReason) {
	i.stopOnce.Do(func() {
		i.reason = reason
		close(i.stopping)
	})
}

// run is the whole life of the attempt.
func (i *instance) run(ctx context.Context) Exit {
	defer close(i.done)
	closeLog, err := i.openLog()
	if err != nil {
		i.exit = Exit{Kind: ExitFailed, Cause: spec.CauseError, Err: err}
		return i.exit
	}
	defer closeLog()
	i.logger.Info("starting")
	i.exit = i.live(ctx)
	i.exit.ReadyFor = i.readyFor()
	i.logExit()
	return i.exit
}

// live makes the daemon, works until it fails or is told to stop, and waits for it to end.
func (i *instance) live(ctx context.Context) Exit {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var runner Runner
	err := guard(func() (err error) {
		runner, err = i.declaration.New(i.runtime())
		return err
	})
	if err != nil {
		return failure(err)
	}
	i.meters(runner)
	work, err := newWork(i, runner)
	if err != nil {
		return Exit{Kind: ExitNever, Cause: spec.CauseConfig, Err: err}
	}
	ended := make(chan Exit, 1)
	go func() { ended <- work.run(ctx) }()
	go i.claim(ctx)
	select {
	case exit := <-ended:
		return i.orStopped(ctx, exit)
	case <-work.failing:
		return i.awaitEnd(ended, i.orStopped(ctx, failure(work.failed)))
	case <-i.stopping:
	case <-ctx.Done():
		i.stop(spec.StopForFence)
	}
	handover := i.drain(runner)
	if i.reason == spec.StopForFence {
		cancel(ErrFenced)
	}
	cancel(nil)
	return i.awaitEnd(ended, Exit{Kind: ExitStopped, Reason: i.reason, Handover: handover})
}

// orStopped lets a stop win over the end that the daemon came to in the same moment.
func (i *instance) orStopped(ctx context.Context, exit Exit) Exit {
	if ctx.Err() != nil {
		i.stop(spec.StopForFence)
	}
	select {
	case <-i.stopping:
		return Exit{Kind: ExitStopped, Reason: i.reason}
	default:
		return exit
	}
}

// awaitEnd gives everything that the daemon was doing its time to return, and abandons what does not.
func (i *instance) awaitEnd(ended <-chan Exit, exit Exit) Exit {
	timer := time.NewTimer(i.assignment.Spec.StopTimeout)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		exit.Abandoned = true
	}
	return exit
}

// drain asks for the daemon's hand-over where a successor will want it.
func (i *instance) drain(runner Runner) []byte {
	drainer, can := runner.(Drainer)
	if !can || (i.reason != spec.StopForHandover && i.reason != spec.StopForPause) {
		return nil
	}
	handover, err := bounded(context.Background(), drainLimit, drainer.Drain)
	if err != nil {
		i.logger.Warn("nothing handed over", "error", err)
		return nil
	}
	return handover
}

// claim makes this attempt the newest one the bus has seen, as soon as the bus can be reached.
func (i *instance) claim(ctx context.Context) {
	session := i.session()
	for {
		err := session.Claim(ctx)
		if errors.Is(err, bus.ErrFenced) {
			i.logger.Warn("fenced", "error", err)
			i.stop(spec.StopForFence)
		}
		if err == nil || errors.Is(err, bus.ErrFenced) || !pause.For(ctx, claimPause) {
			return
		}
	}
}

func (i *instance) session() *bus.Session {
	return i.config.Bus.Session(i.assignment.Spec.Type, i.assignment.Node, i.assignment.Epoch)
}

func (i *instance) runtime() Runtime {
	return Runtime{
		Spec: i.assignment.Spec, Params: i.assignment.Spec.Params, Node: i.config.Node,
		Epoch: i.assignment.Epoch, Attempt: i.assignment.Attempt, Handover: i.assignment.Handover,
		Logger: i.logger, Now: i.config.Now, Bus: i.session(),
		Ledger: i.ledger(), Jobs: i.config.Jobs, Files: i.config.Files,
		DataDir: i.config.DataDir, ClusterDir: i.config.ClusterDir,
	}
}

// ledger gives the daemon a session of its own; whatever keeps the ledger from opening is waited for.
func (i *instance) ledger() func(context.Context) (*ledger.Session, error) {
	if i.config.Ledger == nil {
		return nil
	}
	return func(ctx context.Context) (*ledger.Session, error) {
		opened, err := i.config.Ledger(ctx)
		if err != nil {
			return nil, Dependency(err)
		}
		return opened.Session(i.assignment.ID(), i.assignment.Epoch), nil
	}
}

// becomeReady reports READY once.
func (i *instance) becomeReady() {
	i.mutex.Lock()
	i.phase, i.readyAt = spec.PhaseRunning, i.config.Now()
	i.mutex.Unlock()
	i.logger.Info("ready", "after", i.readyAt.Sub(i.began))
	i.observer.Ready(i.health.last())
}

func (i *instance) readyFor() time.Duration {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	if i.readyAt.IsZero() {
		return 0
	}
	return i.config.Now().Sub(i.readyAt)
}

func (i *instance) info() spec.Info {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	info := spec.Info{
		Daemon: i.assignment.Spec.Type, Node: i.assignment.Node, Kind: spec.KindDaemon, Phase: i.phase, Ready: i.phase.Ready(),
		Desired: spec.DesiredRun, Since: i.began, MaxRestarts: i.assignment.Spec.MaxRestarts,
		Epoch: i.assignment.Epoch, Attempt: i.assignment.Attempt, Health: i.health.last(),
	}
	if !i.readyAt.IsZero() {
		info.Since = i.readyAt
	}
	if i.assignment.Node != "" {
		info.Kind = spec.KindMember
	}
	return info
}

func (i *instance) meters(runner Runner) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.meter, _ = runner.(Measurer)
}

// measured is info with what the daemon uses now among its details.
func (i *instance) measured() spec.Info {
	info := i.info()
	i.mutex.Lock()
	meter := i.meter
	i.mutex.Unlock()
	if meter == nil {
		return info
	}
	details := map[string]any{} // the verdict's own belongs to the host
	maps.Copy(details, info.Health.Details)
	maps.Copy(details, meter.Usage())
	info.Health.Details = details
	return info
}

func (i *instance) logExit() {
	exit := i.exit
	attributes := []any{"kind", exit.Kind, "ready_for", exit.ReadyFor.Round(time.Millisecond)}
	var crash *panicked
	switch {
	case errors.As(exit.Err, &crash):
		i.logger.Error("ended", append(attributes, "error", exit.Err, "stack", string(crash.stack))...)
	case exit.Kind == ExitFailed || exit.Kind == ExitNever:
		i.logger.Error("ended", append(attributes, "cause", exit.Cause, "error", exit.Err)...)
	case exit.Abandoned:
		i.logger.Error("abandoned", append(attributes, "error", fmt.Sprintf("did not stop within %s", i.assignment.Spec.StopTimeout))...)
	default:
		i.logger.Info("ended", append(attributes, "reason", exit.Reason)...)
	}
}
