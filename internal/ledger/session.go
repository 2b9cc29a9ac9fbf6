package ledger

import (
	"context"
	"time"
)

// writeAttempts bounds how often a transaction is repeated that lost against another one.
const writeAttempts = 5

// Session is the ledger in the name of one copy of a daemon. Once a newer copy of that daemon has written,
// everything here returns ErrFenced. It holds nothing open and needs no closing.
type Session struct {
	ledger *Ledger
	writer string
	epoch  int64
}

// Session writes in the name of a daemon, under the epoch of its attempt in nanoseconds. Epoch 0 is for writers
// that are no daemon and that nothing fences but what they hold: the operator's tools, and the ends of jobs.
func (l *Ledger) Session(writer string, epoch int64) *Session {
	return &Session{ledger: l, writer: writer, epoch: epoch}
}

// Ledger is the ledger below, for reading.
func (s *Session) Ledger() *Ledger { return s.ledger }

// tx is one write: a transaction whose writer is known to be the newest.
type tx struct {
	access
	writer string
	now    time.Time // of the database, at the beginning
}

// write runs f in a transaction, again if it lost against another one: f must set its results anew each time.
func (s *Session) write(ctx context.Context, act string, f func(*tx) error) error {
	limited, cancel := s.ledger.bounded(ctx)
	defer cancel()
	var err error
	for range writeAttempts {
		if err = s.writeOnce(limited, f); !repeatable(err) {
			break
		}
	}
	return wrap(ctx, err, "%s", act)
}

func (s *Session) writeOnce(ctx context.Context, f func(*tx) error) error {
	transaction, err := s.ledger.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = transaction.Rollback() }() // after a commit there is nothing to roll back
	t := &tx{access: access{ctx: ctx, on: transaction, dialect: s.ledger.dialect}, writer: s.writer}
	if err := s.claim(t); err != nil {
		return err
	}
	if t.now, err = only(t.access, scanTime, "SELECT {now}"); err != nil {
		return err
	}
	if err := f(t); err != nil {
		return err
	}
	return transaction.Commit()
}
