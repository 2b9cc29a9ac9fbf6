package control

import (
	"context"
	"hash/fnv"
	"sync"

	"github.com/ringrift/orchestrator/internal/spec"
)

// rounds is how many looks may pass before a Watcher asks a daemon again of which nothing is known to
// have changed.
const rounds = 12

// Watcher keeps a status of the fleet fresh for those who look often. It asks the supervisor each time,
// but a daemon only when the supervisor's row of it has changed, and once in some rounds: restart
// counters and verdicts change without the supervisor's knowing.
type Watcher struct {
	client *Client

	mutex sync.Mutex
	round uint32
	known map[string]answer
}

// answer is what a daemon said, and the row that its parent had of it then.
type answer struct{ row, info spec.Info }

// NewWatcher makes a watcher that knows nothing yet.
func NewWatcher(client *Client) *Watcher {
	return &Watcher{client: client, known: map[string]answer{}}
}

// Status is the state of the fleet, as Client.Status returns it; what the daemons themselves said may be
// some rounds old. Callers take turns.
func (w *Watcher) Status(ctx context.Context) (spec.FleetStatus, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var status spec.FleetStatus
	if err := w.client.query(ctx, spec.SupervisorID, spec.QueryStatus, &status); err != nil {
		return status, w.client.orNotUp(err)
	}
	w.round++
	before := w.known
	w.known = make(map[string]answer, len(before))
	groups := pick(status.Daemons, everyone)
	w.refresh(ctx, before, groups)
	var members []*spec.Info
	for _, group := range groups {
		members = append(members, pick(group.Members, everyone)...)
	}
	w.refresh(ctx, before, members)
	for _, group := range groups {
		group.Health = worst(group.Health, group.Members)
	}
	return status, nil
}

// refresh replaces each row by the daemon's answer, a new one where that is worth asking.
func (w *Watcher) refresh(ctx context.Context, before map[string]answer, rows []*spec.Info) {
	var ask []*spec.Info
	asked := map[string]spec.Info{}
	for _, row := range rows {
		id := TargetOf(*row).WorkflowID()
		last, found := before[id]
		if found && same(last.row, *row) && !w.due(id) {
			w.known[id] = last
			*row = last.info
			continue
		}
		asked[id] = *row
		ask = append(ask, row)
	}
	w.client.overlayAll(ctx, ask)
	for _, row := range ask {
		// A daemon that did not answer left the row as it was, which has no transitions.
		if id := TargetOf(*row).WorkflowID(); len(row.Transitions) > 0 {
			w.known[id] = answer{row: asked[id], info: *row}
		}
	}
}

// due spreads the daemons over the rounds.
func (w *Watcher) due(id string) bool {
	hash := fnv.New32a()
	hash.Write([]byte(id)) // never fails
	return (hash.Sum32()+w.round)%rounds == 0
}

func same(a, b spec.Info) bool {
	return a.Phase == b.Phase && a.Epoch == b.Epoch && a.Since.Equal(b.Since)
}
