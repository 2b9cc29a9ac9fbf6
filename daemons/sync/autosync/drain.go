package autosync

import (
	"context"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/pause"
)

// flushPause is between two looks at the peers while a node that may not come back gets its last games off.
const flushPause = 250 * time.Millisecond

// Drain implements host.Drainer: an ephemeral node gets everything off, as far as the time allows. What is left stays
// in its journal.
func (d *daemon) Drain(ctx context.Context) ([]byte, error) {
	if d.strategy != ephemeral || d.client == nil {
		return nil, nil
	}
	d.turn.Lock()
	defer d.turn.Unlock()
	_, err := d.round(ctx, (*round).flush)
	return nil, err
}

func (r *round) flush(ctx context.Context) (bool, error) {
	if err := r.scan(ctx); err != nil {
		return false, err
	}
	if err := r.cutStores(ctx); err != nil {
		return false, err
	}
	uncut := errors.Join(r.work.faults...)
	for first := true; ; first = false {
		r.work = counts{}
		if err := r.look(ctx); err != nil {
			return false, err
		}
		if err := r.offer(ctx, first); err != nil {
			return false, err
		}
		if r.work.unsafe == 0 {
			return false, errors.Join(uncut, r.tell(ctx, r.rt.Bus.PublishEvent))
		}
		if !pause.For(ctx, flushPause) {
			r.rt.Logger.Error("games of this node are on no other one yet", "segments", r.work.unsafe)
			return false, errors.Join(uncut, ctx.Err())
		}
	}
}
