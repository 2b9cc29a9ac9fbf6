package loops

import (
	"context"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

const (
	// lookEvery is how old the last look at the board may be; lookLimit bounds one.
	lookEvery = 2 * time.Second
	lookLimit = time.Second
)

// Wanted is an iteration that a loop wants of a configuration.
type Wanted struct {
	// Iteration is its number; 0: the loop does not know it yet, and wants only to be told where the configuration is.
	Iteration int64
	Games     int64 // new ones that it waits for; 0: as many as the thresholds ask for
}

// WantedBy returns what loops want now, by configuration.
func WantedBy(all []Loop) map[string]Wanted {
	wanted := map[string]Wanted{}
	for _, loop := range all {
		if loop.Turn != nil && !loop.Over() {
			wanted[loop.Turn.ConfigKey] = Wanted{loop.Turn.Iteration, loop.Games}
		}
	}
	return wanted
}

// Watch knows what loops want, from a look at the board a moment ago. While the board cannot be read, what was wanted
// last still is. It may be used by many goroutines; nil knows of no loop.
type Watch struct {
	client *bus.Client
	now    func() time.Time

	mu   sync.Mutex
	at   time.Time
	last map[string]Wanted
}

// NewWatch watches the board through a connection.
func NewWatch(client *bus.Client, now func() time.Time) *Watch {
	return &Watch{client: client, now: now}
}

// Wanted returns what is wanted, by configuration.
func (w *Watch) Wanted() map[string]Wanted {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := w.now(); w.at.IsZero() || now.Sub(w.at) >= lookEvery {
		w.at = now
		ctx, cancel := context.WithTimeout(context.Background(), lookLimit)
		defer cancel()
		if all, err := list(ctx, w.client); err == nil { // the next look tells whether that goes on
			w.last = WantedBy(all)
		}
	}
	return w.last
}
