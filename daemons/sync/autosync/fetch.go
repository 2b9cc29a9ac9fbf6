package autosync

import (
	"context"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/jobs"
)

// fetchDue brings what is wanted here, one file after the other: a single one takes all of the bandwidth that it
// can get, for a round's time; then others get theirs. It returns whether more could be done at once.
func (r *round) fetchDue(ctx context.Context) (more bool, err error) {
	all, err := r.wishes(ctx)
	if err != nil {
		return false, err
	}
	r.work.wanted = len(all)
	overtime := r.overtime()
	for _, w := range all {
		sources := r.sources(w.item.SHA256, w.sources)
		if len(sources) > 0 {
			r.work.offered++
		}
		if wait := w.nextAt.Sub(r.rt.Now()); 0 < wait && wait < longestRetry { // else the clock has stepped back
			continue
		}
		if overtime() {
			return true, nil
		}
		unfinished, err := r.fetch(ctx, w, sources)
		if err != nil {
			return false, err
		}
		more = more || unfinished
	}
	return more, nil
}

// fetch brings one file, or some of it. A failure of that file is recorded; the error is this daemon's own.
func (r *round) fetch(ctx context.Context, w wish, sources []transfer.Source) (unfinished bool, err error) {
	if len(sources) == 0 && len(r.rt.Files.Find(w.item.SHA256)) == 0 {
		if w.askedBy == "" {
			return false, nil
		}
		return false, r.recordFailure(ctx, w, "", transfer.ErrNoSource)
	}
	began := time.Now()
	result, err := r.bring(ctx, w, sources)
	r.work.bytes += result.Received
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, transfer.ErrUnfinished):
		return true, r.requeue(ctx, r.rt.Now(), w.item.SHA256)
	case errors.Is(err, data.ErrBusy):
		return false, nil // a job of this node fetches it
	case err != nil:
		return false, r.recordFailure(ctx, w, nameOf(sources), err)
	}
	r.work.fetched++
	return false, r.arrived(ctx, w, nameOf(sources), result, time.Since(began))
}

// arrived merges what came if it has games, and ends the wish.
func (r *round) arrived(ctx context.Context, w wish, source string, result transfer.Result, took time.Duration) error {
	done := bus.DataSyncCompleted{
		DataMove: r.move(w, source), Bytes: w.item.Bytes, BytesTransferred: result.Received, DurationSeconds: took.Seconds(),
	}
	if forStore(result.Item) {
		merged, err := r.merge(ctx, result.Item)
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.work.fault(err) // the file is here; the next rounds try to merge it again
		}
		done.GamesSynced, done.GamesConflicting = int64(merged.Inserted), int64(merged.Conflicting)
	}
	if w.item.Role == data.RoleCheckpoint {
		if err := jobs.PruneCheckpoints(r.rt.Files, w.item.Place); err != nil {
			r.work.fault(err) // the next one that arrives is a reason to try again
		}
	}
	event, err := r.event(done)
	if err != nil {
		return err
	}
	return r.fulfilled(ctx, w.item.SHA256, event)
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
	progress := func(p transfer.Progress) { r.state.fetches(r.rt.Now(), w.item.Place, p) }
	progress(transfer.Progress{Total: w.item.Bytes})
	defer r.state.fetchEnds()
	return r.client.Fetch(ctx, r.rt.Files, transfer.Request{Want: w.item, Sources: sources, Progress: progress, Turn: r.config.RoundLimit})
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
