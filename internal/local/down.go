package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// Down stops the daemons, then the worker, then the server, and leaves no process behind. What is durable
// stays in the data folder: the next Up continues there.
func (i *Installation) Down(ctx context.Context) error {
	if _, err := os.Stat(i.config.DataDir); errors.Is(err, os.ErrNotExist) {
		i.say("Nothing runs: there is no data folder at %s.", i.config.DataDir)
		return nil
	}
	if err := i.prepare(); err != nil {
		return err
	}
	unlock, err := i.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if i, err = i.asItRuns(); err != nil {
		return err
	}
	all, err := i.all()
	if err != nil {
		return err
	}
	server, workers, err := i.running(all)
	if err != nil {
		return err
	}
	if !server && workers == 0 {
		i.say("Everything is down already.")
		return i.forgetPeers()
	}
	faults := []error{i.lower(ctx, workers > 0 && (server || !i.config.ownServer()))}
	for _, s := range slices.Backward(all) {
		faults = append(faults, i.end(ctx, s))
	}
	return errors.Join(faults...)
}

// running says whether the server runs, and how many workers do.
func (i *Installation) running(all []service) (server bool, workers int, err error) {
	for _, s := range all {
		known, err := s.find()
		switch {
		case err != nil:
			return false, 0, err
		case known == nil:
		case s.name == i.server.name:
			server = true
		default:
			workers++
		}
	}
	return server, workers, nil
}

// forgetPeers removes the records of workers that ended by themselves, so that nobody misses them.
func (i *Installation) forgetPeers() error {
	peers, err := i.peers()
	for _, p := range peers {
		err = errors.Join(err, p.forget())
	}
	return err
}

// lower has the starter stop the daemons in reverse order of their start. Without a worker nobody could
// carry that out; the daemons are gone with it already.
func (i *Installation) lower(ctx context.Context, possible bool) error {
	if !possible {
		i.say("Server or worker is gone already: the daemons stop with the rest.")
		return nil
	}
	if err := i.starter(ctx, "down"); err != nil {
		return fmt.Errorf("stop the daemons in order (they end with their worker all the same): %w", err)
	}
	return nil
}

// end stops one service if it runs, and says so.
func (i *Installation) end(ctx context.Context, s service) error {
	known, err := s.find()
	if err != nil {
		return err
	}
	if known == nil {
		return s.forget()
	}
	begin := time.Now()
	killed, err := s.stop(ctx, *known)
	if err != nil {
		return err
	}
	if killed {
		i.say("Killed  %-8s (pid %d), which did not end within %s of SIGTERM", s.name, known.PID, s.grace)
		return nil
	}
	i.say("Stopped %-8s in %.1f s", s.name, time.Since(begin).Seconds())
	return nil
}

// starter runs our CLI against this installation, its output to ours. It is interrupted, not killed, when
// ctx ends, so that it can tell how far it came.
func (i *Installation) starter(ctx context.Context, arguments ...string) error {
	path, err := i.binary("starter")
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, path, arguments...)
	command.Env = i.environment(command.Environ())
	command.Stdout, command.Stderr = i.out, i.out
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGINT) }
	command.WaitDelay = killPatience
	if err := command.Run(); err != nil {
		return fmt.Errorf("starter %s: %w", arguments[0], err)
	}
	return nil
}
