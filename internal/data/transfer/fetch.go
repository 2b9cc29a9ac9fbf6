package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/data"
)

// Request is what to fetch.
type Request struct {
	Want     data.Item      // place, hash and size are needed
	Sources  []Source       // who has it, best first
	Progress func(Progress) // called after each chunk, by one goroutine; may be nil
	// Turn is how long new chunks are asked for, 0 for no end. A turn is no shorter than it took to hash again what
	// was here, and its first chunks are loaded in any case, so that each call gets further.
	Turn time.Duration
}

// Progress is how far a fetch is.
type Progress struct {
	Verified, Total int64 // bytes
}

// Result is what came of a fetch.
type Result struct {
	Item     data.Item
	Kept     int64 // bytes that were here from an earlier try
	Received int64 // bytes that were sent, the wrong ones among them
}

// Fetch brings an item to its place in dir, verified. It goes on with what an earlier try left, and asks for
// nothing if the item is there. On an error what was verified is kept, unless the bytes are proved wrong.
//
// Errors: data.ErrBusy (another one fetches it), data.ErrNoSpace, data.ErrMismatch (all sources send wrong
// bytes), data.ErrCorrupt (right bytes, wrong format), data.ErrUndecided, ErrNoSource, ErrUnavailable,
// ErrUnauthorized, or that of ctx.
func (c *Client) Fetch(ctx context.Context, dir *data.Dir, request Request) (Result, error) {
	if item, has := dir.Has(request.Want.Place, request.Want.SHA256); has {
		return Result{Item: item}, nil
	}
	arrival, err := dir.Receive(request.Want)
	if err != nil {
		return Result{}, err
	}
	f := &fetch{
		loader:   loader{client: c, want: request.Want, sources: newSources(request.Sources, c.config.Patience)},
		arrival:  arrival,
		progress: request.Progress,
		turn:     request.Turn,
	}
	result, err := f.run(ctx)
	if err == nil {
		return result, nil
	}
	err = fmt.Errorf("fetch %s: %w", request.Want.Place, err)
	if errors.Is(err, data.ErrMismatch) {
		return result, errors.Join(err, arrival.Discard())
	}
	return result, errors.Join(err, arrival.Close())
}

// fetch is one call of Fetch.
type fetch struct {
	loader
	arrival  *data.Arrival
	progress func(Progress)
	turn     time.Duration
}

func (f *fetch) run(ctx context.Context) (Result, error) {
	marks, err := f.marks(ctx)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	kept, err := f.arrival.Resume(ctx, marks)
	if err != nil {
		return Result{}, err
	}
	err = f.chunks(ctx, marks, f.turnFrom(began))
	result := Result{Kept: kept, Received: f.received.Load()}
	if err != nil {
		return result, err
	}
	if f.arrival.Bytes() < f.want.Bytes {
		return result, ErrUnfinished
	}
	result.Item, err = f.arrival.Commit(ctx)
	return result, err
}

// marks asks for the marks. An item of one chunk has only its hash.
func (f *fetch) marks(ctx context.Context) ([]data.Sum, error) {
	switch data.Chunks(f.want.Bytes) {
	case 0:
		return nil, nil
	case 1:
		return []data.Sum{f.want.SHA256}, nil
	}
	var marks []data.Sum
	err := f.fromAny(ctx, func(source *sourceState) (err error) {
		marks, err = f.client.marks(ctx, source.Source, f.want)
		return err
	})
	return marks, err
}

// turnFrom says whether the turn is over of a fetch that began to hash what was here at a time, and is done with that.
func (f *fetch) turnFrom(began time.Time) (over func() bool) {
	now := time.Now()
	end := now.Add(max(f.turn, now.Sub(began)))
	return func() bool { return f.turn > 0 && time.Now().After(end) }
}

// chunks loads what is missing, several chunks at once, and appends them in order. Once it is over none is begun.
func (f *fetch) chunks(ctx context.Context, marks []data.Sum, over func() bool) error {
	group, ctx := errgroup.WithContext(ctx)
	parallel := f.client.config.Parallel
	queue := make(chan *chunk, parallel)   // in order; never more than there are buffers
	buffers := make(chan []byte, parallel) // of chunks that were appended
	first := int(f.arrival.Bytes() / data.ChunkBytes)
	group.Go(func() error {
		defer close(queue)
		for index := first; index < len(marks); index++ {
			isFirst := index-first < parallel
			buffer, err := takeBuffer(ctx, buffers, isFirst, f.want.Bytes)
			if err != nil {
				return err
			}
			if !isFirst && over() {
				return nil
			}
			length := min(data.ChunkBytes, f.want.Bytes-int64(index)*data.ChunkBytes)
			next := &chunk{index: index, bytes: buffer[:length], loaded: make(chan struct{})}
			queue <- next
			group.Go(func() error {
				defer close(next.loaded)
				next.err = f.load(ctx, next)
				return next.err
			})
		}
		return nil
	})
	group.Go(func() error { return f.appendAll(ctx, queue, buffers, marks) })
	return group.Wait()
}

// takeBuffer returns a new buffer while there are too few, then one that is free again.
func takeBuffer(ctx context.Context, free <-chan []byte, more bool, most int64) ([]byte, error) {
	if more {
		return make([]byte, min(data.ChunkBytes, most)), nil
	}
	select {
	case buffer := <-free:
		return buffer, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *fetch) appendAll(ctx context.Context, queue <-chan *chunk, buffers chan<- []byte, marks []data.Sum) error {
	for next := range queue {
		<-next.loaded
		if next.err != nil {
			return next.err
		}
		if err := f.append(ctx, next, marks[next.index]); err != nil {
			return err
		}
		buffers <- next.bytes[:cap(next.bytes)]
		if f.progress != nil {
			f.progress(Progress{Verified: f.arrival.Bytes(), Total: f.want.Bytes})
		}
	}
	return nil
}

// append adds a chunk, which is loaded again as long as it is wrong and a source is left.
func (f *fetch) append(ctx context.Context, next *chunk, mark data.Sum) error {
	for {
		err := f.arrival.Append(next.bytes, mark)
		if err == nil {
			f.sources.verified(next.source)
			return nil
		}
		if !errors.Is(err, data.ErrMismatch) {
			return err
		}
		f.client.config.Logger.Warn("a chunk is wrong and is loaded again", "item", f.want.Place.String(),
			"chunk", next.index, "source", next.source.Node)
		f.sources.wrong(next.source, err)
		if err := f.load(ctx, next); err != nil {
			return err
		}
	}
}
