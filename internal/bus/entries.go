package bus

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"
)

// eachEntry visits what a bucket holds now under the keys of a pattern.
func eachEntry(ctx context.Context, bucket jetstream.KeyValue, pattern string, visit func(jetstream.KeyValueEntry) error) error {
	watcher, err := bucket.Watch(ctx, pattern, jetstream.IgnoreDeletes())
	if err != nil {
		return err
	}
	defer func() { _ = watcher.Stop() }() // it ends with the connection at the latest
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case entry, open := <-watcher.Updates():
			if !open {
				return ErrUnavailable // what was not read must not count as absent
			}
			if entry == nil { // everything that was there has been read
				return nil
			}
			if err := visit(entry); err != nil {
				return err
			}
		}
	}
}
