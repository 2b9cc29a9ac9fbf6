package clustermonitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// enough is the share of the nodes that are to take work which must be well.
const enough = 0.5

// overview is what one look found.
type overview struct {
	at    time.Time
	blind bool // nobody reports: this observer sees nothing
	// well of total are the nodes that operators want to be active.
	well, total int
	findings    []string
	stallFault  error // why stalls could not be looked for
}

func (o *overview) find(format string, args ...any) {
	o.findings = append(o.findings, fmt.Sprintf(format, args...))
}

func (o *overview) count(record ledger.Node, health ledger.NodeHealth, reason string) {
	if ill(health) {
		o.find("node %s is %s: %s", record.ID, health, reason)
	}
	if record.Desired != ledger.NodeActive {
		return
	}
	o.total++
	if health == ledger.NodeHealthy || health == ledger.NodeSuspect {
		o.well++
	}
}

// lookFully looks for stalls, and whether enough of the cluster is well.
func (m *monitor) lookFully(ctx context.Context, l *ledger.Ledger, found *overview) error {
	m.fullAt = m.rt.Now()
	if err := m.tellDegraded(*found); err != nil {
		return err
	}
	err := m.lookForStalls(ctx, l)
	if errors.Is(err, errNoLook) { // Temporal is away: stalls can wait, the nodes' health cannot
		found.stallFault = err
		return nil
	}
	return err
}

// tellDegraded tells once, and again only after enough nodes were well.
func (m *monitor) tellDegraded(found overview) error {
	if found.total == 0 {
		return nil
	}
	ratio := float64(found.well) / float64(found.total)
	if degraded := ratio < enough; degraded == m.state.Degraded {
		return nil
	} else if m.state.Degraded = degraded; !degraded {
		return nil
	}
	return m.tell(bus.ClusterHealthDegraded{
		HealthRatio: ratio, ActiveNodes: found.well, TotalNodes: found.total, At: found.at.UTC(),
	})
}
