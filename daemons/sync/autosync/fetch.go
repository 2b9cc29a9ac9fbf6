package autosync

import (
	"context"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
)

// fetchDue brings what is wanted here, one file after the other: a single one takes all of the bandwidth that it
// can get. It returns whether more could be done at once.
func (r *round) fetchDue(ctx context.Context) (more bool, err error) {
	all, err := r.wishes(ctx)
	if err != nil {
		return false, err
	}
	r.work.wanted = len(all)
	for _, w := range all {
		sources := r.sources(w.item.SHA256, w.sources)
		if len(sources) > 0 {
			r.work.offered++
		}
		if r.rt.Now().Before(w.nextAt) {
			continue
		}
		if r.overtime() {
			return true, nil
		}
		if err := r.fetch(ctx, w, sources); err != nil {
			return false, err
		}
	}
	return false, nil
}

// fetch brings one file. A failure of that file is recorded; the error is this daemon's own.
func (r *round) fetch(ctx context.Context, w wish, sources []transfer.Source) error {
	if len(sources) == 0 && len(r.rt.Files.Find(w.item.SHA256)) == 0 {
		if w.askedBy == "" {
			return nil
		}
		return r.recordFailure(ctx, w, "", transfer.ErrNoSource)
	}
	began := time.Now()
	result, err := r.bring(ctx, w, sources)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, data.ErrBusy):
		return nil // a job of this node fetches it
	case err != nil:
		return r.recordFailure(ctx, w, nameOf(sources), err)
	}
	r.work.fetched++
	r.work.bytes += result.Received
	done := bus.DataSyncCompleted{
		DataMove: r.move(w, nameOf(sources)), Bytes: w.item.Bytes, BytesTransferred: result.Received,
		DurationSeconds: time.Since(began).Seconds(),
	}
	if w.item.Role == data.RoleSynced {
		merged, err := r.merge(ctx, result.Item)
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.work.fault(err) // the file is here; the next rounds try to merge it again
		}
		done.GamesSynced, done.GamesConflicting = int64(merged.Inserted), int64(merged.Conflicting)
	}
	event, err := r.event(done)
	if err != nil {
		return err
	}
	return r.fulfilled(ctx, []data.Sum{w.item.SHA256}, event)
}

// bring returns an item that is here already under whichever name, or fetches it.
func (r *round) bring(ctx context.Context, w wish, sources []transfer.Source) (transfer.Result, error) {
	if item, has := r.rt.Files.Has(w.item.Place, w.item.SHA256); has {
		return transfer.Result{Item: item}, nil
	}
	if item, file, err := r.rt.Files.OpenContent(w.item.SHA256); err == nil {
		if w.item.Role == data.RoleSynced {
			return transfer.Result{Item: item}, file.Close() // games need no second copy
		}
		added, err := r.rt.Files.Add(ctx, w.item, file)
		return transfer.Result{Item: added}, errors.Join(err, file.Close())
	}
	return r.client.Fetch(ctx, r.rt.Files, transfer.Request{Want: w.item, Sources: sources})
}

func (r *round) move(w wish, source string) bus.DataMove {
	return bus.DataMove{
		Config: bus.ConfigOf(w.item.ConfigKey), NodeID: r.rt.Node, SourceNode: source,
		Role: string(w.item.Role), Name: w.item.Name, SHA256: w.item.SHA256.String(),
	}
}

// nameOf is the source that was tried first.
func nameOf(sources []transfer.Source) string {
	if len(sources) == 0 {
		return ""
	}
	return sources[0].Node
}
