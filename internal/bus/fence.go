package bus

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Fence is what keeps older copies of a daemon from writing: the highest epoch the bus has seen of it.
type Fence struct {
	Daemon spec.Type `json:"daemon"`
	Node   string    `json:"node"` // empty for a cluster daemon
	// Epoch is the server's start time of the newest attempt, in nanoseconds.
	Epoch int64 `json:"epoch"`
	// Checkpoints counts those that carry an epoch of their own; a reset keeps their content.
	Checkpoints int `json:"checkpoints"`
}

// Fences lists what the bus refuses older writers by, sorted by daemon and node. A bus that was never set
// up has none.
func (c *Client) Fences(ctx context.Context) ([]Fence, error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	found := map[string]*Fence{}
	err := c.stored(limited, bucketEpochs, jetstream.AllKeys, func(key string, value []byte) error {
		return raiseFence(found, key, value)
	})
	if err != nil {
		return nil, wrap(ctx, err, "list fences")
	}
	err = c.stored(limited, bucketCheckpoints, jetstream.AllKeys, func(key string, value []byte) error {
		if !isCheckpoint(value) {
			return nil // the bus's own
		}
		owner, _, _ := strings.Cut(key, ".")
		line, _, _ := bytes.Cut(value, []byte("\n"))
		if err := raiseFence(found, owner, line); err != nil {
			return err
		}
		found[owner].Checkpoints++
		return nil
	})
	if err != nil {
		return nil, wrap(ctx, err, "list fences of checkpoints")
	}
	fences := make([]Fence, 0, len(found))
	for _, fence := range found {
		fences = append(fences, *fence)
	}
	slices.SortFunc(fences, func(a, b Fence) int {
		return cmp.Or(cmp.Compare(a.Daemon, b.Daemon), cmp.Compare(a.Node, b.Node))
	})
	return fences, nil
}

// ResetFence forgets the epoch of one copy of a daemon, so that the next attempt may write whatever its
// epoch. What the daemon has saved stays, its last report goes. Nothing of that daemon may run meanwhile: its
// old copies are let in as well.
func (c *Client) ResetFence(ctx context.Context, daemon spec.Type, node string) error {
	name := owner(daemon, node)
	limited, cancel := c.bounded(ctx)
	defer cancel()
	var keys []string
	err := c.stored(limited, bucketCheckpoints, token(name)+".>", func(key string, value []byte) error {
		if isCheckpoint(value) {
			keys = append(keys, key)
		}
		return nil
	})
	if err != nil {
		return wrap(ctx, err, "list checkpoints of %s", name)
	}
	for _, key := range keys {
		if err := c.resetCheckpoint(limited, key); err != nil {
			return wrap(ctx, err, "reset fence of checkpoint %s", key)
		}
	}
	// The epoch goes last: as long as it is there, a reset that was cut short is seen and can be repeated.
	err = c.forget(limited, bucketReports, token(name)+"."+reportKey)
	if err == nil {
		err = c.forget(limited, bucketEpochs, token(name))
	}
	return wrap(ctx, err, "reset fence of %s", name)
}

// forget deletes an entry of a bucket that may not exist yet.
func (c *Client) forget(ctx context.Context, name, key string) error {
	bucket, err := c.bucket(ctx, name)
	if err == nil {
		err = bucket.Delete(ctx, key)
	}
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	}
	return err
}

// resetCheckpoint gives a checkpoint the epoch that is older than any.
func (c *Client) resetCheckpoint(ctx context.Context, key string) error {
	bucket, err := c.bucket(ctx, bucketCheckpoints)
	if err != nil {
		return err
	}
	return update(ctx, bucket, key, func(stored []byte, found bool) ([]byte, error) {
		_, data, isCheckpoint := bytes.Cut(stored, []byte("\n"))
		if !found || !isCheckpoint {
			return nil, errUnchanged
		}
		return append([]byte("0\n"), data...), nil
	})
}

// stored visits the entries of a bucket that may not exist yet; then there are none.
func (c *Client) stored(ctx context.Context, name, pattern string, visit func(key string, value []byte) error) error {
	bucket, err := c.bucket(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return eachEntry(ctx, bucket, pattern, func(entry jetstream.KeyValueEntry) error { return visit(entry.Key(), entry.Value()) })
}

// raiseFence notes an epoch that was found under an owner's token.
func raiseFence(fences map[string]*Fence, token string, stored []byte) error {
	name, err := untoken(token)
	if err != nil {
		return err
	}
	epoch, err := strconv.ParseInt(string(stored), 10, 64)
	if err != nil {
		return fmt.Errorf("read epoch of %s: %w", name, err)
	}
	fence := fences[token]
	if fence == nil {
		daemon, node, _ := strings.Cut(name, "@")
		fence = &Fence{Daemon: spec.Type(daemon), Node: node}
		fences[token] = fence
	}
	fence.Epoch = max(fence.Epoch, epoch)
	return nil
}

// isCheckpoint tells what a daemon saved, with its epoch line, from what the bus itself keeps there.
func isCheckpoint(value []byte) bool { return bytes.IndexByte(value, '\n') > 0 }
