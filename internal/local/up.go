package local

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// exitNotReady is the starter's exit code for daemons that were started but are not all ready in time.
const exitNotReady = 3

// Up starts what is missing of the installation and waits until its daemons are ready. If it fails or is
// interrupted, it stops what it has started itself and leaves alone what ran before. Daemons that are not
// ready in time are the exception: everything stays up for the operator to look at.
func (i *Installation) Up(ctx context.Context) (err error) {
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
	started := []service{}
	defer func() { err = i.settle(ctx, err, started) }()
	for _, step := range steps {
		started = append(started, step.service)
		if err := i.start(ctx, step); err != nil {
			return err
		}
	}
	if len(steps) == 0 {
		i.say("Server and worker are up already.")
	}
	if err := i.raise(ctx); err != nil {
		return err
	}
	return i.summary(ctx)
}

// step is one service to start: its command, the addresses it takes, and how to see that it serves.
type step struct {
	service
	command *exec.Cmd
	claims  []claim
	serves  func(context.Context) error
}

// plan finds out what is missing and whether it can be started, before anything is.
func (i *Installation) plan(ctx context.Context) ([]step, error) {
	if _, err := i.binary("starter"); err != nil {
		return nil, err
	}
	var steps []step
	for _, missing := range []func(context.Context) (*step, error){i.planServer, i.planWorker} {
		next, err := missing(ctx)
		if err != nil {
			return nil, err
		}
		if next != nil {
			steps = append(steps, *next)
		}
	}
	for _, step := range steps {
		for _, claim := range step.claims {
			if err := claim.checkFree(); err != nil {
				return nil, err
			}
		}
	}
	return steps, nil
}

func (i *Installation) planServer(ctx context.Context) (*step, error) {
	if !i.config.ownServer() {
		if err := i.temporalServes(ctx); err != nil {
			return nil, fmt.Errorf("the Temporal server at TEMPORAL_ADDRESS=%s is not started here and does not answer for namespace %s: %w",
				i.config.TemporalAddress, i.config.TemporalNamespace, err)
		}
		return nil, nil
	}
	running, err := i.alreadyAt(i.server, "TEMPORAL_ADDRESS")
	if err != nil || running {
		return nil, err
	}
	binary, err := i.Temporal(ctx)
	if err != nil {
		return nil, err
	}
	server := DevServer{
		Host: dialHost(i.config.TemporalAddress), Port: portOf(i.config.TemporalAddress), UIPort: i.config.TemporalUIPort,
		Database:  filepath.Join(i.config.DataDir, "temporal", "temporal.db"),
		Namespace: i.config.TemporalNamespace, LogLevel: "warn",
	}
	return &step{
		service: i.server, command: i.command(binary, server.Args()...), serves: i.temporalServes,
		claims: []claim{{"TEMPORAL_ADDRESS", i.config.TemporalAddress}, {"TEMPORAL_UI_PORT", i.config.uiAddress()}},
	}, nil
}

func (i *Installation) planWorker(context.Context) (*step, error) {
	binary, err := i.binary("worker")
	if err != nil {
		return nil, err
	}
	running, err := i.alreadyAt(i.worker, "HEALTH_ADDR")
	if err != nil || running {
		return nil, err
	}
	claims := []claim{{"HEALTH_ADDR", i.config.HealthAddr}}
	if i.config.NATSURL == "" {
		claims = append(claims, claim{"BUS_LISTEN", i.config.BusListen})
	}
	return &step{service: i.worker, command: i.command(binary), serves: i.workerServes, claims: claims}, nil
}

// alreadyAt says whether the service runs, and refuses one that was started for another address.
func (i *Installation) alreadyAt(s service, variable string) (bool, error) {
	known, err := s.find()
	if err != nil || known == nil {
		return false, err
	}
	if known.Address != s.address {
		return false, fmt.Errorf("the %s of %s runs already, at %s and not at %s=%s; stop it first with: make down",
			s.name, i.config.DataDir, known.Address, variable, s.address)
	}
	return true, nil
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

// raise has the starter bring the daemons up; it shows its own progress.
func (i *Installation) raise(ctx context.Context) error {
	if err := i.starter(ctx, "up", "--wait"); err != nil {
		return fmt.Errorf("start the daemons: %w", err)
	}
	return nil
}

// settle takes back what was started if that came to nothing.
func (i *Installation) settle(ctx context.Context, err error, started []service) error {
	if err == nil {
		return nil
	}
	if notReady(err) {
		i.say("Server and worker stay up, so that you can look. Stop them with: make down")
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
