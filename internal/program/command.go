package program

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// beat is how often worker and shim show each other that they live, silence how long either is believed alive. With
	// process.OrphanGrace it is shorter than any heartbeat timeout a row may have.
	beat    = 3 * time.Second
	silence = 15 * time.Second
)

// running is a process of a program and what must be given back after it.
type running struct {
	*process.Process
	command process.Command
	release func()
}

// start runs the program's command; it ends with ctx. One that is fenced is given as little time as one without worker.
func (p *program) start(ctx context.Context) (*running, error) {
	command, release, err := p.command()
	if err != nil {
		return nil, err
	}
	started, err := process.Start(ctx, command)
	if err != nil {
		release()
		return nil, err
	}
	p.runtime.Logger.Info("process started", "pid", started.PID(), "command", p.spec.Command)
	p.runs(started)
	unwatch := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), host.ErrFenced) {
			started.Stop(process.OrphanGrace)
		}
	})
	return &running{started, command, func() { unwatch(); release() }}, nil
}

// command is the program as a process of this worker; release gives its processors back.
func (p *program) command() (command process.Command, release func(), err error) {
	environment, secrets, err := p.environment()
	if err != nil {
		return command, nil, fmt.Errorf("program %s: %w", p.spec.Name, err)
	}
	var processors []int
	release = func() {}
	if p.spec.Processors > 0 {
		if processors, release, err = p.options.Processors.Take(p.spec.Processors); err != nil {
			return command, nil, fmt.Errorf("program %s: %w", p.spec.Name, err)
		}
	}
	signal := unix.SignalNum(p.spec.StopSignal)
	if signal == 0 {
		signal = syscall.SIGTERM
	}
	command = process.Command{
		Name: string(p.runtime.Spec.Type), Args: p.spec.Command, Dir: p.spec.Directory, Env: environment, User: p.spec.User,
		Scope: p.options.Scope, Secrets: secrets, Shim: p.options.Shim,
		Log:        process.Log{Path: OutputLog(p.options.LogDir, p.id()), Limit: p.spec.LogLimit, Keep: p.spec.LogKeep, Timestamps: true},
		Limits:     process.Limits{Memory: p.spec.MemoryLimit, Processes: p.spec.ProcessLimit, Processors: processors, Nice: p.spec.Nice},
		StopSignal: signal, Grace: p.spec.StopGrace, Beat: beat, Silence: silence,
		Ready: readiness(p.spec.Readiness),
	}
	return command, release, nil
}

// readiness is what the program says itself; what must be asked is the probe's.
func readiness(probe *spec.Probe) process.Ready {
	if probe == nil {
		return process.Ready{}
	}
	return process.Ready{Line: probe.Log, Descriptor: probe.Descriptor}
}
