package workqueuemonitor

import (
	"context"
	"encoding/json"
	"math"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/queuelevel"
)

// The levels of a queue are these two. They are stored: never change one.
const (
	levelNormal = queuelevel.Normal
	levelFull   = queuelevel.Full

	queueJobs  = queuelevel.Jobs
	queueNodes = "jobs of node " // and the node's id
)

// levels returns what is known of the queues of this monitor, by queue.
func (m *monitor) levels(ctx context.Context, l *ledger.Ledger) (map[string]ledger.QueueLevel, error) {
	all, err := l.Levels(ctx)
	levels := map[string]ledger.QueueLevel{}
	for _, one := range all {
		if one.Queue == queueJobs || strings.HasPrefix(one.Queue, queueNodes) {
			levels[one.Queue] = one
		}
	}
	return levels, err
}

// pressure tells when more jobs wait than are worked off, and when that is over.
func (m *monitor) pressure(ctx context.Context, session *ledger.Session, levels map[string]ledger.QueueLevel, seen *view) error {
	pending, before := seen.counts[ledger.Pending], levels[queueJobs]
	before.Queue = queueJobs
	full := pending > m.config.On || before.Level == levelFull && pending > m.config.Off
	if full {
		seen.find("%d jobs wait", pending)
	}
	return m.keeper.Bring(ctx, session, before, level(full), pending, func(change bus.LevelChange) bus.Payload {
		if change.New == levelFull {
			return bus.BackpressureActivated{LevelChange: change, Threshold: m.config.On}
		}
		return bus.BackpressureReleased{LevelChange: change, Threshold: m.config.Off}
	})
}

// overload tells of nodes that have more jobs than they can work on.
func (m *monitor) overload(ctx context.Context, session *ledger.Session, levels map[string]ledger.QueueLevel, seen *view) error {
	records, err := session.Ledger().Nodes(ctx)
	if err != nil {
		return err
	}
	loads, err := session.Ledger().NodeLoads(ctx)
	if err != nil {
		return err
	}
	jobs := map[string]int64{}
	for _, load := range loads {
		jobs[load.Node] += load.Jobs
	}
	for _, record := range records {
		queue, most := queueNodes+record.ID, m.most(record)
		full := jobs[record.ID] > most
		if full {
			seen.find("node %s has %d jobs, more than %d", record.ID, jobs[record.ID], most)
		}
		before, known := levels[queue]
		if !known && !full {
			continue
		}
		before.Queue = queue
		if err := m.keeper.Bring(ctx, session, before, level(full), jobs[record.ID], func(change bus.LevelChange) bus.Payload {
			if change.New != levelFull {
				return nil
			}
			return bus.NodeOverloaded{NodeID: record.ID, Sequence: change.Sequence, JobCount: change.Depth, Threshold: most, At: change.At}
		}); err != nil {
			return err
		}
	}
	return nil
}

func level(full bool) string {
	if full {
		return levelFull
	}
	return levelNormal
}

// most is how many jobs a node may have: one for each CPU, and a few even if those are not known.
func (m *monitor) most(record ledger.Node) int64 {
	var capacity nodes.Capacity
	if json.Unmarshal(record.Capacity, &capacity) != nil {
		return m.config.NodeJobs
	}
	cpus, _ := capacity.CPUs.Get()
	return max(m.config.NodeJobs, int64(math.Ceil(cpus)))
}
