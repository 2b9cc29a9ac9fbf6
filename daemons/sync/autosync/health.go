package autosync

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// stuckAfter is how long files that peers offer may wait without a single one coming.
	stuckAfter = 10 * time.Minute
	// Own games of an ephemeral node that are nowhere else are worth a look after exposedAfter; if there was somebody
	// to take them, the daemon is not doing its job after abandonedAfter.
	exposedAfter   = time.Minute
	abandonedAfter = 5 * time.Minute
	maxFindings    = 20
)

// counts is what one round did and found.
type counts struct {
	peers, wanted, offered int // offered: wanted, and a peer has it
	fetched, merged        int
	failures               int
	bytes, games           int64
	unsafe                 int
	oldestUnsafe           time.Time
	takers                 bool // somebody could take what is not safe
	pressure               string
	findings               []string
	faults                 []error
}

func (c *counts) finding(format string, values ...any) {
	if len(c.findings) < maxFindings {
		c.findings = append(c.findings, fmt.Sprintf(format, values...))
	}
}

func (c *counts) fault(err error) {
	if len(c.faults) < maxFindings {
		c.faults = append(c.faults, err)
	}
}

func (c *counts) unsafeSince(at time.Time, takers bool) {
	c.unsafe++
	c.takers = takers
	if c.oldestUnsafe.IsZero() || at.Before(c.oldestUnsafe) {
		c.oldestUnsafe = at
	}
}

// tally sums up the rounds. Its methods may be called while a round is under way.
type tally struct {
	mu         sync.Mutex
	began      time.Time
	ended      time.Time
	last       counts
	fault      error
	progressAt time.Time // bytes or a file came, or no file was left
	underWay   underWay
	files      int64
	bytes      int64
	games      int64
}

// underWay is the file that is being fetched; the zero value while there is none.
type underWay struct {
	place data.Place
	transfer.Progress
}

// fetches notes how far the fetch of a file is.
func (t *tally) fetches(now time.Time, place data.Place, progress transfer.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.underWay = underWay{place, progress}
	if progress.Verified > 0 {
		t.progressAt = now
	}
}

func (t *tally) fetchEnds() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.underWay = underWay{}
}

func (t *tally) beganAt() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.began
}

func (t *tally) begin(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.began = now
	if t.progressAt.IsZero() {
		t.progressAt = now
	}
}

func (t *tally) end(now time.Time, work counts, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended, t.last, t.fault = now, work, errors.Join(append(work.faults, err)...)
	t.files, t.bytes, t.games = t.files+int64(work.fetched), t.bytes+work.bytes, t.games+work.games
	if work.fetched > 0 || work.offered == 0 {
		t.progressAt = now
	}
}

// Health implements host.Checker.
func (d *daemon) Health(context.Context) spec.Health {
	t := &d.state
	t.mu.Lock()
	defer t.mu.Unlock()
	now, last := d.rt.Now(), t.last
	health := spec.Health{Status: spec.HealthOK, At: now, Findings: last.findings, Details: map[string]any{
		"strategy": string(d.strategy), "peers": last.peers, "files_wanted": last.wanted, "files_offered": last.offered,
		"segments_unsafe": last.unsafe, "files_fetched": t.files, "bytes_fetched": t.bytes, "games_merged": t.games,
	}}
	if fetching := t.underWay; fetching.place != (data.Place{}) {
		health.Details["fetching"] = fetching.place.String()
		health.Details["fetching_bytes"], health.Details["fetching_total_bytes"] = fetching.Verified, fetching.Total
	}
	if !last.oldestUnsafe.IsZero() {
		health.Details["oldest_unsafe_seconds"] = now.Sub(last.oldestUnsafe).Seconds()
	}
	if !t.ended.IsZero() {
		health.Details["last_success_at"] = t.ended
	}
	health.Status, health.Message = d.verdict(now)
	return health
}

// verdict is read under the tally's lock.
func (d *daemon) verdict(now time.Time) (spec.HealthStatus, string) {
	t, exposed := &d.state, time.Duration(0)
	if d.strategy == ephemeral && !t.last.oldestUnsafe.IsZero() {
		exposed = now.Sub(t.last.oldestUnsafe)
	}
	switch {
	case t.ended.IsZero():
		return spec.HealthUnknown, "no round has ended yet"
	case t.last.offered > 0 && now.Sub(t.progressAt) > stuckAfter:
		return spec.HealthUnhealthy, fmt.Sprintf("%d files that peers offer are wanted and none came for %.0f s", t.last.offered, now.Sub(t.progressAt).Seconds())
	case exposed > abandonedAfter && t.last.takers:
		return spec.HealthUnhealthy, fmt.Sprintf("%d segments are on no other node for %.0f s", t.last.unsafe, exposed.Seconds())
	case exposed > exposedAfter:
		return spec.HealthDegraded, fmt.Sprintf("%d segments are on no other node for %.0f s", t.last.unsafe, exposed.Seconds())
	case t.fault != nil:
		return spec.HealthDegraded, t.fault.Error()
	case t.last.pressure != "":
		return spec.HealthDegraded, t.last.pressure + ": nothing is fetched"
	case t.last.failures > 0 && t.last.fetched == 0:
		return spec.HealthDegraded, fmt.Sprintf("%d files could not be fetched in the last round", t.last.failures)
	}
	return spec.HealthOK, ""
}
