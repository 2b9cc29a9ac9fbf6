package bus

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ringrift/orchestrator/internal/spec"
)

// reportKey is the key of a daemon's report, beside its name.
const reportKey = "report"

// Report is the last word of a per-node daemon about its node.
type Report struct {
	Daemon spec.Type
	Node   string
	// Epoch is of the attempt that wrote it.
	Epoch int64
	Data  []byte
	// Age is how long ago the server took it in, by the server's clock.
	Age time.Duration
}

// Report replaces this daemon's last word about its node; at most MaxReportBytes.
func (s *Session) Report(ctx context.Context, data []byte) error {
	if len(data) > MaxReportBytes {
		return fmt.Errorf("report of %s: %d bytes, at most %d are allowed: %w", s.name(), len(data), MaxReportBytes, ErrTooLarge)
	}
	return s.store(ctx, bucketReports, reportKey, data)
}

// Reports returns the last reports of the nodes, in no order. A node that says nothing any more shows by the age
// of its report, and is forgotten after a week.
func (c *Client) Reports(ctx context.Context) ([]Report, error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	reports, err := c.reports(limited)
	return reports, wrap(ctx, err, "read the reports of the nodes")
}

func (c *Client) reports(ctx context.Context) ([]Report, error) {
	bucket, err := c.bucket(ctx, bucketReports)
	if err != nil {
		return nil, err
	}
	var reports []Report
	var written []time.Time
	err = eachEntry(ctx, bucket, "*."+reportKey, func(entry jetstream.KeyValueEntry) error {
		report, err := parseReport(entry)
		reports, written = append(reports, report), append(written, entry.Created())
		return err
	})
	if err != nil {
		return nil, err
	}
	now, err := c.serverTime(ctx, bucketReports)
	for i := range reports {
		reports[i].Age = max(now.Sub(written[i]), 0)
	}
	return reports, err
}

// serverTime is what time the server of a bucket has; ages by our own clock would be as wrong as that.
func (c *Client) serverTime(ctx context.Context, bucket string) (time.Time, error) {
	stream, err := c.js.Stream(ctx, "KV_"+bucket) // looking a stream up fetches its state
	if err != nil {
		return time.Time{}, err
	}
	return stream.CachedInfo().TimeStamp, nil
}

func parseReport(entry jetstream.KeyValueEntry) (Report, error) {
	name, err := untoken(strings.TrimSuffix(entry.Key(), "."+reportKey))
	if err != nil {
		return Report{}, err
	}
	line, data, found := bytes.Cut(entry.Value(), []byte("\n"))
	epoch, err := parseEpoch(line, found)
	if err != nil {
		return Report{}, fmt.Errorf("read epoch of the report of %s: %w", name, err)
	}
	daemon, node, _ := strings.Cut(name, "@")
	return Report{Daemon: spec.Type(daemon), Node: node, Epoch: epoch, Data: data}, nil
}
