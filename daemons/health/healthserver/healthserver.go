package healthserver

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

// daemon has the shape of a server, although it only repeats one fetch: it holds something for as long as it
// runs, the view on the board, and has to give it back when it ends.
type daemon struct {
	config Config
	node   string
	now    func() time.Time
	logger *slog.Logger
	client *http.Client
	tried  chan struct{} // closed after the first fetch

	mu        sync.Mutex
	fetchedAt time.Time // zero until a fetch succeeded
	failure   error     // of the last fetch
	inForce   *spec.Registry
	unlisted  error // why the rows in force could not be told the last time
	fetches   int
	failures  int
}

// Serve implements host.Server: it refreshes the view until ctx is done, and then withdraws it.
func (d *daemon) Serve(ctx context.Context) error {
	defer d.config.Board.SetCluster(nil)
	d.refresh(ctx)
	close(d.tried)
	ticker := time.NewTicker(d.config.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			d.refresh(ctx)
		}
	}
}

// refresh replaces the view. After a failure the old one stays, and shows its age.
func (d *daemon) refresh(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	at := d.now() // the view is as old as the question
	status, err := d.config.Fleet.Status(limited)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		d.config.Board.SetCluster(&web.ClusterView{Status: status, InForce: d.rows(limited), FetchedAt: at})
	}
	d.record(at, err)
}

// rows are those in force. Where they cannot be told, those of before are better than none: what runs is known without.
func (d *daemon) rows(ctx context.Context) *spec.Registry {
	inForce, err := d.config.Fleet.InForce(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlisted = err
	if err == nil {
		d.inForce = inForce
	}
	return d.inForce
}

func (d *daemon) record(at time.Time, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fetches++
	if changed := (d.failure == nil) != (err == nil); changed && err != nil {
		d.logger.Warn("the cluster's view cannot be fetched", "error", err)
	} else if changed {
		d.logger.Info("the cluster's view can be fetched again")
	}
	d.failure = err
	if err != nil {
		d.failures++
		return
	}
	d.fetchedAt = at
}
