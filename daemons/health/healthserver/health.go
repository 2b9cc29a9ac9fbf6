package healthserver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	probeTimeout  = 2 * time.Second
	maxProbeBytes = 8 << 20
	// staleAfter is the number of intervals after which a view is too old.
	staleAfter = 3
)

// Ready implements host.Readier: the HTTP server answers, and one view was fetched.
func (d *daemon) Ready(ctx context.Context) error {
	select {
	case <-d.tried:
	case <-ctx.Done():
		return ctx.Err()
	}
	if fetchedAt, failure := d.last(); fetchedAt.IsZero() {
		return host.Dependency(fmt.Errorf("fetch the fleet's status: %w", failure))
	}
	return d.probe(ctx)
}

// Health implements host.Checker.
func (d *daemon) Health(ctx context.Context) spec.Health {
	now := d.now()
	health := spec.Health{Status: spec.HealthOK, At: now, Details: d.details(now)}
	if err := d.probe(ctx); err != nil {
		health.Status, health.Message = spec.HealthUnhealthy, err.Error()
		return health
	}
	fetchedAt, failure := d.last()
	unlisted := d.rowsMissing()
	switch age := now.Sub(fetchedAt); {
	case fetchedAt.IsZero() && failure == nil:
		health.Status, health.Message = spec.HealthUnknown, "no view has been fetched yet"
	case fetchedAt.IsZero():
		health.Status, health.Message = spec.HealthWaiting, "no view yet: "+failure.Error()
	case age > staleAfter*d.config.Interval && failure != nil:
		health.Status, health.Message = spec.HealthWaiting, fmt.Sprintf("the view is %.0f s old: %v", age.Seconds(), failure)
	case age > staleAfter*d.config.Interval+d.config.Timeout:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the view is %.0f s old and nothing is being fetched", age.Seconds())
	case unlisted != nil:
		health.Status, health.Message = spec.HealthDegraded, "which daemons are in force is not known, so names and edges may be old: "+unlisted.Error()
	}
	return health
}

// probe asks the HTTP server over the network, as an operator would. A 503 is an answer too: it tells of
// Temporal, not of the server.
func (d *daemon) probe(ctx context.Context) error {
	url := d.config.Board.URL() + "/health"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("probe %s: %w", url, err)
	}
	response, err := d.client.Do(request)
	if err != nil {
		return fmt.Errorf("probe the HTTP server: %w", err)
	}
	defer response.Body.Close()
	var body struct {
		Alive bool   `json:"alive"`
		Node  string `json:"node"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxProbeBytes)).Decode(&body); err != nil {
		return fmt.Errorf("probe %s: the answer (%s) is not that of a worker: %w", url, response.Status, err)
	}
	if !body.Alive || body.Node != d.node {
		return fmt.Errorf("probe %s: node %q answers, this is %q; two workers share HEALTH_ADDR", url, body.Node, d.node)
	}
	return nil
}

func (d *daemon) last() (fetchedAt time.Time, failure error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fetchedAt, d.failure
}

func (d *daemon) rowsMissing() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.unlisted
}

// details tells of the fetches; last_success_at is a name that the metrics know.
func (d *daemon) details(now time.Time) map[string]any {
	d.mu.Lock()
	defer d.mu.Unlock()
	details := map[string]any{"fetches": d.fetches, "fetch_errors": d.failures}
	if !d.fetchedAt.IsZero() {
		details["last_success_at"] = d.fetchedAt
		details["view_age_seconds"] = now.Sub(d.fetchedAt).Seconds()
	}
	return details
}
