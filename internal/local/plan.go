package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/pause"
)

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
	others, err := i.planPeers()
	if err != nil {
		return nil, err
	}
	steps = append(steps, others...)
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
	if running {
		running, err = i.serverAnswers(ctx)
	}
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
	command := i.command(binary, server.Args()...)
	command.Env = server.Environ(command.Env)
	return &step{
		service: i.server, command: command, serves: i.temporalServes,
		claims: []claim{{"TEMPORAL_ADDRESS", i.config.TemporalAddress}, {"TEMPORAL_UI_PORT", i.config.uiAddress()}},
	}, nil
}

// serverAnswers ends a server that runs and answers nobody, as after its database has got stuck: it loses nothing,
// and nothing else helps.
func (i *Installation) serverAnswers(ctx context.Context) (bool, error) {
	patient, cancel := context.WithTimeout(ctx, i.answers)
	defer cancel()
	err := i.temporalServes(patient)
	for err != nil && pause.For(patient, probePause) {
		err = i.temporalServes(patient)
	}
	if err == nil || ctx.Err() != nil {
		return err == nil, err
	}
	i.say("The server runs, but has not answered for %s (%v): it is started again", i.answers, err)
	return false, i.end(ctx, i.server)
}

func (i *Installation) planWorker(context.Context) (*step, error) {
	binary, err := i.binary("worker")
	if err != nil {
		return nil, err
	}
	running, err := i.alreadyAt(i.worker, "HEALTH_ADDR")
	if running {
		i.tellNewer(binary)
	}
	if err != nil || running {
		return nil, err
	}
	others, err := i.runningPeers()
	if err != nil {
		return nil, err
	}
	claims := []claim{{"HEALTH_ADDR", i.config.HealthAddr}}
	if i.config.NATSURL == "" && len(others) == 0 { // or one of them has the event bus while this worker is away
		claims = append(claims, claim{"BUS_LISTEN", i.config.BusListen})
	}
	return &step{service: i.worker, command: i.command(binary), serves: i.workerServes(i.config.HealthAddr), claims: claims}, nil
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

// tellNewer says when the worker that runs is not the one that was built last.
func (i *Installation) tellNewer(binary string) {
	built, statErr := os.Stat(binary)
	known, findErr := i.worker.find()
	if statErr == nil && findErr == nil && known != nil && built.ModTime().After(known.Since) { // else it goes unsaid
		i.say("%s is newer than the worker that runs. To change over: make down, make up", relative(binary))
	}
}
