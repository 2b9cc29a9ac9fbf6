package crossprocesspoller

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// slowAfter and stuckAfter are how long the spool may hold files of which none is taken.
	slowAfter  = time.Minute
	stuckAfter = 5 * time.Minute
)

// progress is what health judges by.
type progress struct {
	backlog  int
	oldest   time.Time // modification time of the oldest file
	since    time.Time // since when nothing has moved, zero while nothing waits
	taken    int64
	rejected int64
}

// Health is about the backlog: an empty spool is fine, one that does not empty is not.
func (p *poller) Health(context.Context) spec.Health {
	p.mu.Lock()
	now, progress := p.rt.Now(), p.progress
	p.mu.Unlock()
	health := spec.Health{Status: spec.HealthOK, Details: map[string]any{
		"backlog": progress.backlog, "taken": progress.taken, "rejected": progress.rejected,
	}}
	if progress.backlog == 0 {
		return health
	}
	health.Details["oldest_seconds"] = int64(now.Sub(progress.oldest).Seconds())
	idle := now.Sub(progress.since)
	if idle <= slowAfter {
		return health
	}
	health.Status = spec.HealthDegraded
	if idle > stuckAfter {
		health.Status = spec.HealthUnhealthy
	}
	health.Message = fmt.Sprintf("%d files in the event spool and none taken for %s", progress.backlog, idle.Round(time.Second))
	return health
}

// see notes what a round found.
func (p *poller) see(files []spoolFile) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.backlog = len(files)
	if len(files) == 0 {
		p.progress.since = time.Time{}
		return
	}
	p.progress.oldest = files[0].modified
	if p.progress.since.IsZero() {
		p.progress.since = p.rt.Now()
	}
}

// step notes that one file has left the spool.
func (p *poller) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.taken++
	p.progress.backlog--
	p.progress.since = p.rt.Now()
	if p.progress.backlog == 0 {
		p.progress.since = time.Time{}
	}
}
