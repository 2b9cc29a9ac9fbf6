package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// Bounds of an outbox. The bus being away for a day of busy transitions stays well below them.
const (
	maxOutboxEvents = 100_000
	maxOutboxBytes  = 64 << 20
	maxOutboxBatch  = 256
)

// ErrOutboxFull is in the chain when an outbox has no room; the caller tries again later.
var ErrOutboxFull = errors.New("the outbox is full")

// Outbox is a durable, ordered, bounded queue of events on the way to the bus. One file holds what was put
// while the file before it went to the disk, so that many puts at once share one fsync. A file is deleted
// when the log has all of it; what a crash publishes twice the log recognises by its id.
type Outbox struct {
	dir    string
	client *Client
	log    *slog.Logger
	lock   *flock.Flock
	puts   chan *put
	closed chan struct{}
	writer sync.WaitGroup

	mu      sync.Mutex
	files   []batchFile   // oldest first
	next    uint64        // number of the next file
	events  int           // in files
	bytes   int           // in files
	changed chan struct{} // closed and replaced on every change of files
}

// put is one waiting call of Put.
type put struct {
	event json.RawMessage
	done  chan error
}

// OpenOutbox opens the queue in a folder of its own, with what an earlier process left there. A folder in
// use by another process is refused with ErrInUse. Close it when done.
func OpenOutbox(dir string, client *Client, logger *slog.Logger) (*Outbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create outbox: %w", err)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	switch locked, err := lock.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("lock outbox %s: %w", dir, err)
	case !locked:
		return nil, fmt.Errorf("outbox %s: %w", dir, ErrInUse)
	}
	outbox := &Outbox{
		dir: dir, client: client, log: logger, lock: lock,
		puts: make(chan *put), closed: make(chan struct{}), changed: make(chan struct{}),
	}
	if err := outbox.recover(); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	outbox.writer.Add(1)
	go outbox.write()
	return outbox, nil
}

// Put returns once the event is on disk. When ctx ends first the event may still be kept.
func (o *Outbox) Put(ctx context.Context, event Event) error {
	data, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", event.Name, err)
	}
	if len(data) > MaxEventBytes {
		return fmt.Errorf("event %s has %d bytes, at most %d are allowed: %w", event.Name, len(data), MaxEventBytes, ErrTooLarge)
	}
	request := &put{event: data, done: make(chan error, 1)}
	select {
	case o.puts <- request:
	case <-o.closed:
		return fmt.Errorf("keep event %s: the outbox is closed", event.Name)
	case <-ctx.Done():
		return fmt.Errorf("keep event %s: %w", event.Name, ctx.Err())
	}
	select {
	case err := <-request.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("keep event %s: %w", event.Name, ctx.Err())
	}
}

// Len is the number of events that wait.
func (o *Outbox) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.events
}

// Flush waits until the log has everything that was put before. It needs Run.
func (o *Outbox) Flush(ctx context.Context) error {
	o.mu.Lock()
	last := o.next
	o.mu.Unlock()
	for {
		file, found, changed := o.oldest()
		if !found || file.number >= last {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("flush outbox with %d events: %w", o.Len(), ctx.Err())
		}
	}
}

// Close ends writing, and gives the folder free. What was not published stays for the next process.
func (o *Outbox) Close() error {
	close(o.closed)
	o.writer.Wait()
	return o.lock.Unlock()
}
