package crossprocesspoller

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
)

// moreSoon is the pause between two batches of a full spool.
const moreSoon = 5 * time.Millisecond

type poller struct {
	config Config
	rt     host.Runtime
	spool  spool
	// published holds what the log has of the files that were here when this attempt began and are older
	// than the log's own memory; nil until it was asked.
	published map[string]bool

	mu       sync.Mutex
	progress progress
}

var (
	_ host.Ticker  = (*poller)(nil)
	_ host.Readier = (*poller)(nil)
	_ host.Checker = (*poller)(nil)
)

func newPoller(config Config, rt host.Runtime) *poller {
	return &poller{config: config, rt: rt, spool: newSpool(rt.DataDir)}
}

// Interval implements host.Ticker.
func (p *poller) Interval() time.Duration { return p.config.Interval }

// Ready makes the folders of the spool.
func (p *poller) Ready(context.Context) error { return p.spool.create() }

// Tick takes one batch of files, oldest first.
func (p *poller) Tick(ctx context.Context) error {
	files, err := p.spool.list()
	if err != nil {
		return err
	}
	p.see(files)
	if err := p.recall(ctx, files); err != nil {
		return err
	}
	batch := files[:min(len(files), p.config.Batch)]
	for _, file := range batch {
		if ctx.Err() != nil {
			return nil
		}
		if err := p.take(ctx, file); err != nil {
			return err
		}
		p.step()
	}
	if len(files) > len(batch) {
		return host.Later(moreSoon)
	}
	return nil
}

// take publishes one file and deletes it. A crash between the two publishes it again, under the same id.
func (p *poller) take(ctx context.Context, file spoolFile) error {
	content, err := p.spool.read(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil // its writer has taken it back
	}
	var event bus.Event
	if err == nil {
		event, err = p.rt.Bus.ParseSubmission(content, bus.Origin{Source: "spool", Node: p.rt.Node, OccurredAt: file.modified, Key: file.name})
	}
	if err != nil {
		return p.reject(ctx, file, content, err)
	}
	if !p.published[event.ID] {
		err := p.rt.Bus.PublishEvent(ctx, event)
		if errors.Is(err, bus.ErrTooLarge) {
			return p.reject(ctx, file, content, err)
		}
		if err != nil {
			return err
		}
	}
	return p.spool.remove(file)
}

// recall asks the log, once an attempt, what it already has of old files: an earlier copy may have died
// between publishing and deleting, longer ago than the log remembers repetitions by itself.
func (p *poller) recall(ctx context.Context, files []spoolFile) error {
	client := p.rt.Bus.Client()
	if p.published != nil {
		return nil
	}
	if len(files) == 0 || !client.MayRepeat(files[0].modified) {
		p.published = map[string]bool{}
		return nil
	}
	published, err := client.Published(ctx, files[0].modified.Add(-time.Minute))
	if err != nil {
		return fmt.Errorf("look for spool files in the log: %w", err)
	}
	p.published = published
	return nil
}
