package qualitymonitor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/quality"
)

const (
	// goOn is the pause before the rest of a round that was too long for one.
	goOn = 100 * time.Millisecond
	// maxRequests wait at most; more are of no use, for each round looks at everything.
	maxRequests = 100
)

type monitor struct {
	config Config
	rt     host.Runtime
	// Only Tick touches these.
	files       map[version]judged
	memory      memory // nil: not read yet
	validations int    // of this round

	mu       sync.Mutex
	requests map[string]string // configurations that somebody asked about, by the event that did
	last     round
}

// round is what one round saw.
type round struct {
	at        time.Time
	standings map[string]quality.Standing
	faults    map[string][]string // files whose games could not be judged, by configuration
	waiting   []string            // configurations that are judged in the next round
}

var (
	_ host.Ticker     = (*monitor)(nil)
	_ host.Subscriber = (*monitor)(nil)
	_ host.Checker    = (*monitor)(nil)
)

func newMonitor(config Config, rt host.Runtime) *monitor {
	return &monitor{config: config, rt: rt, files: map[version]judged{}, requests: map[string]string{}}
}

// Interval implements host.Ticker.
func (m *monitor) Interval() time.Duration { return m.config.Interval }

// Subscriptions implements host.Subscriber.
func (m *monitor) Subscriptions() []bus.Name { return []bus.Name{"QUALITY_CHECK_REQUESTED"} }

// Handle implements host.Subscriber: the round that follows tells what it finds without waiting for the cooldown.
func (m *monitor) Handle(_ context.Context, event bus.Event) error {
	request, err := bus.Decode[bus.QualityCheckRequested](event)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.requests) < maxRequests {
		m.requests[event.ID] = request.ConfigKey
	}
	return nil
}

// Tick implements host.Ticker.
func (m *monitor) Tick(ctx context.Context) error {
	if m.rt.Files == nil {
		return host.Never(errors.New("this process has no data folder: run QUALITY_MONITOR in a worker"))
	}
	if err := m.recall(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	requests := maps.Clone(m.requests)
	m.mu.Unlock()
	seen := round{at: m.rt.Now(), standings: map[string]quality.Standing{}, faults: map[string][]string{}}
	if err := m.round(ctx, requests, &seen); err != nil {
		return err
	}
	m.mu.Lock()
	m.last = seen
	for id := range requests {
		delete(m.requests, id)
	}
	m.mu.Unlock()
	if len(seen.waiting) > 0 {
		return host.Later(goOn)
	}
	return nil
}

func (m *monitor) round(ctx context.Context, requests map[string]string, seen *round) error {
	m.validations = 0
	for _, p := range m.memory {
		if p.Pending == nil {
			continue
		}
		if err := m.tell(ctx, p); err != nil { // of a copy that was killed, or that lost the bus
			return err
		}
	}
	items, err := m.items(ctx)
	if err != nil {
		return err
	}
	m.forget(items)
	files, settings := playedHere(items), m.config.Settings()
	asked := slices.Collect(maps.Values(requests))
	for _, configKey := range slices.Sorted(maps.Keys(files)) {
		if err := m.check(ctx, configKey, files[configKey], settings, slices.Contains(asked, configKey), seen); err != nil {
			return err
		}
	}
	return errors.Join(m.answer(ctx, requests, seen), m.report(ctx, seen))
}

// items are the node's files; whoever scans them before is as good.
func (m *monitor) items(ctx context.Context) ([]data.Item, error) {
	known := m.rt.Files.Inventory()
	if m.rt.Now().Sub(known.Taken) < m.config.Interval {
		return known.Items, nil
	}
	scanned, err := m.rt.Files.Scan(ctx, data.ScanLimits{})
	return scanned.Items, err
}
