package ledger

import (
	"context"
	"errors"
	"fmt"
)

var (
	// ErrUnavailable is in the chain of every error that waiting cures: the database is away, busy, restarting,
	// full, or did not answer in time.
	ErrUnavailable = errors.New("the ledger is not available")
	// ErrFenced is in the chain of every refusal of a copy of a daemon that was replaced by a newer one.
	ErrFenced = errors.New("a newer copy of this daemon has taken over")
	// ErrStale is in the chain of every refusal of a lease that has passed to someone else or has ended.
	ErrStale = errors.New("the lease is no longer held")
	// ErrConflict is in the chain when what is there is not what the caller took it to be; the text says what is there.
	ErrConflict = errors.New("the ledger says otherwise")
	// ErrNotFound is in the chain when the named thing is not in the ledger.
	ErrNotFound = errors.New("not found")
	// ErrInvalid is in the chain when a value cannot be stored; the text names field, value and what to give.
	ErrInvalid = errors.New("invalid")
	// ErrNewerSchema is in the chain when a newer build has migrated this ledger.
	ErrNewerSchema = errors.New("the ledger was written by a newer build")
	// ErrNoBackup is in the chain when the ledger is in a database that is backed up with its own tools.
	ErrNoBackup = errors.New("this ledger is backed up with the tools of its database")
)

// IsUnavailable says whether waiting cures an error of this package. An ended context is no such error.
func IsUnavailable(err error) bool { return errors.Is(err, ErrUnavailable) }

// wrap says what was being done, and marks the errors that waiting cures.
func wrap(ctx context.Context, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	act := fmt.Sprintf(format, args...)
	if ctx.Err() == nil && passing(err) && !errors.Is(err, ErrUnavailable) {
		return fmt.Errorf("%s: %w: %w", act, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", act, err)
}

// errUnchanged is returned by a change that has nothing to write.
var errUnchanged = errors.New("unchanged")

func unlessUnchanged(err error) error {
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}
