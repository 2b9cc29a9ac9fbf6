package clustermonitor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	// stalledAfter is how many full looks in a row must see no progress.
	stalledAfter = 3
	// lookLimit bounds all questions about jobs of one look, looksAtOnce how many are asked at a time.
	lookLimit   = 10 * time.Second
	looksAtOnce = 8
)

// errNoLook says that the jobs could not be looked at; that is no stall.
var errNoLook = errors.New("the running jobs cannot be looked at")

// lookForStalls tells of nodes with running jobs none of which has moved on at several looks. A node without
// running jobs is idle, and jobs that tell no progress are unknown: neither stalls.
func (m *monitor) lookForStalls(ctx context.Context, l *ledger.Ledger) error {
	if m.rt.Jobs == nil {
		return nil
	}
	leased, err := l.LeasedJobs(ctx)
	if err != nil {
		return err
	}
	progress, err := m.progress(ctx, leased)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoLook, err)
	}
	var stalled []string
	for _, id := range slices.Sorted(maps.Keys(m.state.Nodes)) {
		before := m.state.Nodes[id]
		after := before.moved(progress[id])
		if m.state.Nodes[id] = after; after.Stalled && !before.Stalled {
			stalled = append(stalled, id)
		}
	}
	if len(stalled) == 0 {
		return nil
	}
	return m.tell(bus.ClusterStallDetected{StalledNodes: stalled, StallThreshold: stalledAfter, At: m.rt.Now().UTC()})
}

// moved is the state after a look that found this progress; empty if nothing runs or nothing is known.
func (n nodeState) moved(progress string) nodeState {
	if progress == "" || progress != n.Progress {
		n.Progress, n.Unmoved, n.Stalled = progress, 0, false
		return n
	}
	n.Unmoved = min(n.Unmoved+1, stalledAfter)
	n.Stalled = n.Unmoved >= stalledAfter
	return n
}

// progress sums up, by node, how far the running jobs are. Any job that moves, comes or goes changes it.
func (m *monitor) progress(ctx context.Context, leased []ledger.Job) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	group, looking := errgroup.WithContext(ctx)
	group.SetLimit(looksAtOnce)
	var mu sync.Mutex
	marks := map[string][]string{}
	for _, job := range leased {
		if job.Status != ledger.Running {
			continue
		}
		group.Go(func() error {
			look, err := m.rt.Jobs.Look(looking, job.ID)
			if err != nil || look.Progress == nil || look.Token != job.Token {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			marks[job.Node] = append(marks[job.Node], mark(job, look.Progress))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	progress := make(map[string]string, len(marks))
	for node, all := range marks {
		slices.Sort(all)
		sum := sha256.Sum256([]byte(strings.Join(all, " ")))
		progress[node] = hex.EncodeToString(sum[:8]) // short, since it is kept
	}
	return progress, nil
}

func mark(job ledger.Job, p *jobs.Progress) string {
	return fmt.Sprintf("%s/%d %s %g %s", job.ID, job.Token, p.Stage, p.Done, p.At.UTC().Format(time.RFC3339Nano))
}
