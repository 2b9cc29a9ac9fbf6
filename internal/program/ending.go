package program

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/process"
)

// succeeded says whether the end of a process counts as success.
func (p *program) succeeded(exit process.Exit) bool {
	return exit.Cause == process.CauseExited && slices.Contains(p.spec.SuccessCodes, exit.Code)
}

// ended logs the end of a process and makes an error of it, nil for a success.
func (p *program) ended(exit process.Exit) error {
	p.runtime.Logger.Info("process ended", "exit", exit.String(), "code", exit.Code, "cause", exit.Cause, "stragglers", exit.Stragglers)
	if exit.LogFault != "" {
		p.runtime.Logger.Warn("output is missing in the log", "error", exit.LogFault)
	}
	if p.succeeded(exit) {
		return nil
	}
	return fmt.Errorf("program %s: %s", p.spec.Name, exit)
}

// errEnded is the end of a service that has to run on and has ended with success.
var errEnded = errors.New("it ended with success although it is to run on (restart: on_failure would let it be COMPLETED)")

// finish is what the end of a service or a one-shot means for its daemon.
func (p *program) finish(exit process.Exit) error {
	err := p.ended(exit)
	switch {
	case err != nil:
		return err
	case p.spec.RestartOnSuccess:
		return fmt.Errorf("program %s: %w", p.spec.Name, errEnded)
	}
	return host.Completed()
}
