package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Exit codes of the starter.
const (
	ExitDone     = 0
	ExitFailed   = 1
	ExitUsage    = 2 // wrong usage, a name that does not exist, or a file that was named and cannot be read
	ExitNotReady = 3 // what was waited for did not come in time
	ExitRefused  = 4 // understood, and turned down
)

// usageError says that the command line is wrong in a way that only its command can tell.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, arguments ...any) error {
	return usageError{fmt.Errorf(format, arguments...)}
}

// Usage is an error of what the commands are run with: their flags, or the settings of the world that they use.
func Usage(err error) error { return usageError{err} }

// unreadable says whether a file or folder that was named cannot be read at all, which is wrong usage; what is wrong in
// it is not. It is not opened, since it may be a pipe.
func unreadable(path string) bool {
	_, err := os.Stat(path)
	return err != nil || unix.Access(path, unix.R_OK) != nil
}

// noFile is unreadable for what must not be a folder.
func noFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() || unreadable(path)
}

// refusal says that the starter itself turned a command down.
type refusal struct{ error }

func (e refusal) Unwrap() error { return e.error }

func refusef(format string, arguments ...any) error {
	return refusal{fmt.Errorf(format, arguments...)}
}

func exitCode(err error) int {
	switch {
	case is[usageError](err), is[*spec.UnknownType](err), is[*spec.UnknownSet](err), is[*control.UnknownDaemonError](err):
		return ExitUsage
	case is[*control.NotReadyError](err), errors.Is(err, context.DeadlineExceeded):
		return ExitNotReady
	case is[*control.RefusedError](err), is[refusal](err):
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
