// Package queuelevel keeps in the ledger how full queues are, and tells of each change once, whatever is killed in
// between.
package queuelevel

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// Keeper keeps the levels of one daemon's queues. It is not for use by several goroutines at once.
type Keeper struct {
	bus  *bus.Session
	calm string
	told map[string]int64 // sequences, by queue
}

// Payload makes the event of a change; nil if there is nothing to tell.
type Payload func(bus.LevelChange) bus.Payload

// New returns a keeper for queues that begin at the level calm.
func New(session *bus.Session, calm string) *Keeper {
	return &Keeper{bus: session, calm: calm, told: map[string]int64{}}
}

// Bring stores the level of a queue if it is another one than before, which is what the ledger has, and tells of it. A
// change that is stored and was not told is told first, so that the next one does not hide it.
func (k *Keeper) Bring(ctx context.Context, session *ledger.Session, before ledger.QueueLevel, level string, depth int64, payload Payload) error {
	if err := k.tell(ctx, session.Ledger(), before, payload); err != nil || level == before.Level {
		return err
	}
	if _, _, err := session.SetLevel(ctx, before.Queue, level, depth); err != nil {
		return err
	}
	newest, err := session.Ledger().LevelHistory(ctx, before.Queue, ledger.Page{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return err
	}
	return k.tell(ctx, session.Ledger(), newest.Items[0], payload)
}

// tell publishes a change that this keeper has not told yet.
func (k *Keeper) tell(ctx context.Context, l *ledger.Ledger, now ledger.QueueLevel, payload Payload) error {
	begins := now.Sequence <= 1 && now.Level == k.calm // which is no change
	if begins || k.told[now.Queue] >= now.Sequence {
		return nil
	}
	// What is older than the log's memory was told when it happened.
	if !k.bus.Client().MayRepeat(now.ChangedAt) {
		if err := k.publish(ctx, l, now, payload); err != nil {
			return err
		}
	}
	k.told[now.Queue] = now.Sequence
	return nil
}

func (k *Keeper) publish(ctx context.Context, l *ledger.Ledger, now ledger.QueueLevel, payload Payload) error {
	history, err := l.LevelHistory(ctx, now.Queue, ledger.Page{Limit: 2})
	if err != nil {
		return err
	}
	old := k.calm
	if len(history.Items) == 2 {
		old = history.Items[1].Level
	}
	event := payload(bus.LevelChange{
		Queue: now.Queue, Sequence: now.Sequence, Old: old, New: now.Level, Depth: now.Depth, At: now.ChangedAt,
	})
	if event == nil {
		return nil
	}
	return k.bus.Publish(ctx, event)
}
