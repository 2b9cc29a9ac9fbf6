package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Exit codes of the starter.
const (
	ExitDone     = 0
	ExitFailed   = 1
	ExitUsage    = 2 // wrong usage, or a name that does not exist
	ExitNotReady = 3 // what was waited for did not come in time
	ExitRefused  = 4 // understood, and turned down
)

// usageError says that the command line is wrong in a way that only its command can tell.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, arguments ...any) error {
	return usageError{fmt.Errorf(format, arguments...)}
}

// refusal says that the starter itself turned a command down.
type refusal struct{ text string }

func (e *refusal) Error() string { return e.text }

func refusef(format string, arguments ...any) error {
	return &refusal{fmt.Sprintf(format, arguments...)}
}

func exitCode(err error) int {
	switch {
	case is[usageError](err), is[*spec.UnknownType](err), is[*spec.UnknownSet](err), is[*control.UnknownDaemonError](err):
		return ExitUsage
	case is[*control.NotReadyError](err), errors.Is(err, context.DeadlineExceeded):
		return ExitNotReady
	case is[*control.RefusedError](err), is[*refusal](err):
		return ExitRefused
	}
	var child interface{ ExitCode() int } // of a starter that this one ran
	if errors.As(err, &child) && child.ExitCode() > 0 {
		return child.ExitCode()
	}
	return ExitFailed
}

// is says whether the chain holds an error of the type.
func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}
