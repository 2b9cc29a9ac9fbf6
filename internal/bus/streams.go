package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// dedupeWindow is how long the log itself drops a second publication of one event. Its memory is about
// 150 bytes for each event of that time.
const dedupeWindow = 2 * time.Hour

// MaxReportBytes bounds one report of a node.
const MaxReportBytes = 32 << 10

// Bounds of the key-value buckets.
const (
	reportsKept        = 7 * 24 * time.Hour
	maxAgreedBytes     = 4 << 10
	maxCheckpointBytes = 512 << 10
	maxBucketBytes     = 256 << 20
	maxLetterBytes     = MaxEventBytes + 64<<10
)

// EnsureStreams creates the log and the buckets, or brings them to this build's settings. EVENT_ROUTER
// calls it; for everybody else the bus is unavailable until it has.
func (c *Client) EnsureStreams(ctx context.Context) error {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	if _, err := c.js.CreateOrUpdateStream(limited, c.eventStream()); err != nil {
		return wrap(ctx, err, "create event log")
	}
	for _, bucket := range buckets() {
		if _, err := c.js.CreateOrUpdateKeyValue(limited, bucket); err != nil {
			return wrap(ctx, err, "create bucket %s", bucket.Bucket)
		}
	}
	return nil
}

// RoundTrip proves that the bus stores and returns a value.
func (c *Client) RoundTrip(ctx context.Context) error {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	bucket, err := c.bucket(limited, bucketCheckpoints)
	if err != nil {
		return wrap(ctx, err, "open bucket %s", bucketCheckpoints)
	}
	const key = "bus.round-trip"
	revision, err := bucket.PutString(limited, key, c.config.Now().UTC().Format(time.RFC3339Nano))
	if err != nil {
		return wrap(ctx, err, "write to the event bus")
	}
	entry, err := bucket.Get(limited, key)
	if err != nil {
		return wrap(ctx, err, "read from the event bus")
	}
	if entry.Revision() < revision {
		return fmt.Errorf("read from the event bus: got revision %d after writing %d", entry.Revision(), revision)
	}
	return nil
}

func (c *Client) eventStream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        streamEvents,
		Description: "every event of the orchestrator, and the redelivery of single ones",
		Subjects:    []string{subjectEvents + ">", subjectRedeliver + ">"},
		Storage:     jetstream.FileStorage,
		MaxAge:      c.config.MaxAge,
		MaxBytes:    c.config.MaxBytes,
		MaxMsgSize:  MaxEventBytes + 8<<10, // headers count
		Duplicates:  min(dedupeWindow, c.config.MaxAge),
		AllowDirect: true,
	}
}

func buckets() []jetstream.KeyValueConfig {
	return []jetstream.KeyValueConfig{
		{Bucket: bucketCheckpoints, Description: "what daemons remember", MaxValueSize: maxCheckpointBytes + 64, MaxBytes: maxBucketBytes},
		{Bucket: bucketReports, Description: "what each node said last", TTL: reportsKept, MaxValueSize: MaxReportBytes + 64, MaxBytes: maxBucketBytes},
		{Bucket: bucketAgreed, Description: "what daemons of several nodes agree on", MaxValueSize: maxAgreedBytes, MaxBytes: maxBucketBytes / 4},
		{Bucket: bucketEpochs, Description: "the newest copy of each daemon", MaxValueSize: 1 << 10, MaxBytes: maxBucketBytes},
		{Bucket: bucketLetters, Description: "events that a subscriber could not handle", TTL: 30 * 24 * time.Hour, MaxValueSize: maxLetterBytes, MaxBytes: maxBucketBytes / 4},
	}
}
