package adapter

import (
	"context"
	"errors"
	"syscall"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Why a command's context ended (context.Cause).
var (
	// ErrCancelled: told to end by TERM.
	ErrCancelled = errors.New("cancelled")
	// ErrDeadline: the request's deadline is reached.
	ErrDeadline = errors.New("deadline reached")
)

// errPartial says that the deadline came and that what is done was handed over.
var errPartial = errors.New("partial result")

// failure is an error with the exit code that tells it.
type failure struct {
	code workload.ExitCode
	error
}

func (f *failure) Unwrap() error { return f.error }

// Fail gives an error the exit code that tells it.
func Fail(code workload.ExitCode, err error) error { return &failure{code, err} }

// exitCode finds the code of an error: its own, or one that follows from what the system said.
func exitCode(err error) workload.ExitCode {
	var coded *failure
	switch {
	case err == nil:
		return workload.ExitDone
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, errPartial):
		return workload.ExitDeadline
	case errors.Is(err, ErrDeadline), errors.Is(err, ErrCancelled), errors.Is(err, context.Canceled):
		return workload.ExitCancelled
	case isAny(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG):
		return workload.ExitDiskFull
	case isAny(err, syscall.EROFS, syscall.EACCES, syscall.EPERM, syscall.EAGAIN, syscall.EBUSY, syscall.ETIMEDOUT, syscall.EMFILE, syscall.ENFILE):
		return workload.ExitTransient
	case errors.Is(err, syscall.ENOMEM):
		return workload.ExitOutOfMemory
	}
	return workload.ExitInternal
}

func isAny(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
