package transfer

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/ringrift/orchestrator/internal/data"
)

// chunk is one part of an item on its way.
type chunk struct {
	index  int
	bytes  []byte // of the chunk's length
	source *sourceState
	loaded chan struct{} // closed when bytes are there, or err
	err    error
}

// loader reads the chunks of one item.
type loader struct {
	client   *Client
	want     data.Item
	sources  *sources
	received atomic.Int64
}

// load reads a chunk from one source after the other until one sends it whole.
func (l *loader) load(ctx context.Context, c *chunk) error {
	return l.fromAny(ctx, func(source *sourceState) error {
		c.source = source
		return l.read(ctx, source.Source, c)
	})
}

// fromAny asks sources until one answers well.
func (l *loader) fromAny(ctx context.Context, ask func(*sourceState) error) error {
	for {
		source, err := l.sources.pick(ctx)
		if err != nil {
			return err
		}
		err = ask(source)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.sources.done(source, err)
		if err == nil {
			return nil
		}
	}
}

func (l *loader) read(ctx context.Context, source Source, c *chunk) error {
	first := int64(c.index) * data.ChunkBytes
	last := first + int64(len(c.bytes)) - 1
	body, response, err := l.client.get(ctx, source, pathItems+l.want.SHA256.String(), nil, http.Header{
		"Range":    {fmt.Sprintf("bytes=%d-%d", first, last)},
		"If-Match": {etag(l.want.SHA256)},
	})
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // it was read
	got, want := response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", first, last, l.want.Bytes)
	if got != want {
		return fmt.Errorf("source %s: it sends range %.80q of %s, asked was %q: %w", source.Node, got, l.want.Place, want, data.ErrMismatch)
	}
	n, err := io.ReadFull(body, c.bytes)
	l.received.Add(int64(n))
	if err != nil {
		return fmt.Errorf("source %s: read bytes %d to %d of %s: %w", source.Node, first, last, l.want.Place, err)
	}
	return nil
}
