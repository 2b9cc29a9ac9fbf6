package ledger

import (
	"context"
	"fmt"
	"time"
)

// Fence is the newest copy of a daemon that has written.
type Fence struct {
	Daemon   string    `json:"daemon"`
	Epoch    int64     `json:"epoch"`
	RaisedAt time.Time `json:"raised_at"`
}

// Claim makes this copy the newest one of its daemon, or returns ErrFenced when a newer one has been here. Every
// write claims first; a host calls it to fence the old copy before the new one starts working.
func (s *Session) Claim(ctx context.Context) error {
	return s.write(ctx, "claim the epoch of "+s.writer, func(*tx) error { return nil })
}

// claim leaves the row of the fence locked against newer copies until the transaction ends, so that nothing of
// an older copy is committed after a newer one has written.
func (s *Session) claim(t *tx) error {
	if s.epoch == 0 {
		return nil
	}
	const ours = "SELECT epoch FROM fences WHERE daemon = ? AND epoch = ? {for share}"
	if _, found, err := first(t.access, scanInt, ours, s.writer, s.epoch); found || err != nil {
		return err
	}
	_, raised, err := first(t.access, scanInt, `
		INSERT INTO fences (daemon, epoch, raised_at) VALUES (?, ?, {now})
		ON CONFLICT (daemon) DO UPDATE SET epoch = excluded.epoch, raised_at = excluded.raised_at
		WHERE fences.epoch <= excluded.epoch
		RETURNING epoch`, s.writer, s.epoch)
	if raised || err != nil {
		return err
	}
	newest, err := only(t.access, scanInt, "SELECT epoch FROM fences WHERE daemon = ?", s.writer)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s with epoch %d, newest is %d: %w", s.writer, s.epoch, newest, ErrFenced)
}

// Fences returns the newest copy of every daemon that has written, by name.
func (l *Ledger) Fences(ctx context.Context) ([]Fence, error) {
	return readAll(ctx, l, "list fences", scanFence, "SELECT daemon, epoch, raised_at FROM fences ORDER BY daemon LIMIT ?", maxLimit)
}

// ResetFences forgets the epochs of all daemons. It is for a restore: the copies that start after it are
// older, by their epochs, than those the backup has seen. It says how many there were.
func (l *Ledger) ResetFences(ctx context.Context) (forgotten int, err error) {
	err = l.Session("operator", 0).write(ctx, "reset fences", func(t *tx) (err error) {
		forgotten, err = t.exec("DELETE FROM fences")
		return err
	})
	return forgotten, err
}

// ResetFence forgets the epoch of one daemon, so that its next copy may write whatever its epoch. Nothing of that
// daemon may run meanwhile: its old copies are let in as well.
func (l *Ledger) ResetFence(ctx context.Context, daemon string) error {
	return l.Session("operator", 0).write(ctx, "reset the fence of "+daemon, func(t *tx) error {
		_, err := t.exec("DELETE FROM fences WHERE daemon = ?", daemon)
		return err
	})
}

func scanFence(r row) (f Fence, err error) {
	return f, r.Scan(&f.Daemon, &f.Epoch, at(&f.RaisedAt))
}
