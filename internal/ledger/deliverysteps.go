package ledger

import (
	"context"
	"fmt"
	"time"
)

// Transfer names one attempt of a delivery. Steps of an attempt that was abandoned return ErrStale.
type Transfer struct {
	SHA256  string `json:"sha256"`
	Node    string `json:"node"`
	Attempt int64  `json:"attempt"`
}

func (t Transfer) String() string {
	return fmt.Sprintf("delivery of %s to %s, attempt %d", t.SHA256, t.Node, t.Attempt)
}

// BeginDelivery takes a due delivery. If nothing is heard of it for silent, it counts as abandoned and is due
// again. One that is not due is an ErrConflict.
func (s *Session) BeginDelivery(ctx context.Context, sha256, node string, silent time.Duration) (transfer Transfer, err error) {
	act := fmt.Sprintf("begin delivery of %s to %s", sha256, node)
	if err := leaseTime(silent); err != nil {
		return transfer, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) error {
		attempt, taken, err := first(t.access, scanInt, `UPDATE deliveries SET state = 'transferring', attempts = attempts + 1, next_at = ?, updated_at = ?
			WHERE sha256 = ? AND node = ? AND state IN ('pending', 'transferring') AND next_at <= ? RETURNING attempts`,
			micros(t.now.Add(silent)), micros(t.now), sha256, node, micros(t.now))
		if taken || err != nil {
			transfer = Transfer{SHA256: sha256, Node: node, Attempt: attempt}
			return err
		}
		d, err := only(t.access, scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries WHERE sha256 = ? AND node = ?", sha256, node)
		if err != nil {
			return err
		}
		return fmt.Errorf("it is %s, next at %s: %w", d.State, d.NextAt.Format(time.RFC3339), ErrConflict)
	})
	return transfer, err
}

// ContinueDelivery tells how far a transfer is, and that it lives for another while.
func (s *Session) ContinueDelivery(ctx context.Context, transfer Transfer, bytesDone int64, silent time.Duration) error {
	if err := firstError(between("bytes_done", bytesDone, 0, 1<<60), leaseTime(silent)); err != nil {
		return fmt.Errorf("continue %s: %w", transfer, err)
	}
	return s.stepDelivery(ctx, "continue", transfer, func(d *Delivery, now time.Time) {
		d.BytesDone, d.NextAt = bytesDone, now.Add(silent)
	})
}

// FailDelivery ends an attempt. It is tried again after a time; give up ends the delivery instead.
func (s *Session) FailDelivery(ctx context.Context, transfer Transfer, reason string, after time.Duration, giveUp bool) error {
	return s.stepDelivery(ctx, "fail", transfer, func(d *Delivery, now time.Time) {
		d.State, d.Error, d.NextAt = DeliveryPending, cut(reason), now.Add(max(after, 0))
		if giveUp {
			d.State = DeliveryFailed
		}
	})
}

// VerifyDelivery ends a delivery with success: the bytes at the node's path were read there and have the hash. It
// records the copy in the same transaction. To verify again changes nothing but that the copy was seen now.
func (s *Session) VerifyDelivery(ctx context.Context, transfer Transfer, path string) error {
	act := "verify " + transfer.String()
	if err := text("path", path); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return s.write(ctx, act, func(t *tx) error {
		d, err := t.lockDelivery(transfer)
		switch {
		case err != nil:
			return err
		case d.State == DeliveryTransferring:
			d.State, d.Error, d.VerifiedAt = DeliveryVerified, "", t.now
			if err := t.saveDelivery(d); err != nil {
				return err
			}
		case d.State != DeliveryVerified:
			return fmt.Errorf("it is %s: %w", d.State, ErrStale)
		}
		return t.hold(transfer.Node, Holder{SHA256: transfer.SHA256, Path: path, State: CopyVerified})
	})
}

// RetryDelivery makes a delivery due now, whatever has come of it. Attempts go on counting: they name transfers.
func (s *Session) RetryDelivery(ctx context.Context, sha256, node string) error {
	return s.write(ctx, fmt.Sprintf("retry delivery of %s to %s", sha256, node), func(t *tx) error {
		reset, err := t.exec(`UPDATE deliveries SET state = 'pending', bytes_done = 0, error = '', next_at = ?, updated_at = ?, verified_at = NULL
			WHERE sha256 = ? AND node = ?`, micros(t.now), micros(t.now), sha256, node)
		if err == nil && reset == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// stepDelivery changes a delivery for the attempt that has it.
func (s *Session) stepDelivery(ctx context.Context, act string, transfer Transfer, change func(*Delivery, time.Time)) error {
	return s.write(ctx, act+" "+transfer.String(), func(t *tx) error {
		d, err := t.lockDelivery(transfer)
		if err != nil {
			return err
		}
		if d.State != DeliveryTransferring {
			return fmt.Errorf("it is %s: %w", d.State, ErrStale)
		}
		change(&d, t.now)
		return t.saveDelivery(d)
	})
}

func (t *tx) lockDelivery(transfer Transfer) (Delivery, error) {
	d, err := only(t.access, scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries WHERE sha256 = ? AND node = ? {for update}", transfer.SHA256, transfer.Node)
	if err == nil && d.Attempts != transfer.Attempt {
		err = fmt.Errorf("attempt %d has it: %w", d.Attempts, ErrStale)
	}
	return d, err
}

func (t *tx) saveDelivery(d Delivery) error {
	_, err := t.exec("UPDATE deliveries SET state = ?, bytes_done = ?, error = ?, next_at = ?, updated_at = ?, verified_at = ? WHERE sha256 = ? AND node = ?",
		string(d.State), d.BytesDone, d.Error, micros(d.NextAt), micros(t.now), micros(d.VerifiedAt), d.SHA256, d.Node)
	return err
}
