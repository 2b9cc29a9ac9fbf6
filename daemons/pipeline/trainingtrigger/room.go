package trainingtrigger

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

const gibibyte = 1 << 30

func freeSlot(ctx context.Context, l *ledger.Ledger, c candidacy) error {
	running, err := trainJobs(ctx, l, "")
	if err != nil {
		return err
	}
	if have, most := len(running), c.settings.MaxConcurrent; have >= most {
		return pipeline.Wait("slot: %d train jobs are under way, at most %d may be", have, most)
	}
	return nil
}

// freeDisk asks for one node that trains and has room. What is unknown is no room.
func freeDisk(ctx context.Context, l *ledger.Ledger, c candidacy) error {
	if c.settings.MinFreeDisk == off {
		return nil
	}
	all, err := l.Nodes(ctx)
	if err != nil {
		return err
	}
	asked, unknown := 0, 0
	for _, node := range all {
		if !trains(node) {
			continue
		}
		asked++
		disk, known := diskOf(node)
		switch {
		case !known:
			unknown++
		case c.settings.fits(disk):
			return nil
		}
	}
	return pipeline.Wait("disk: none of %d nodes that train has %.1f GiB free and less than %.0f %% in use; of %d it is unknown",
		asked, float64(c.settings.MinFreeDisk)/gibibyte, c.settings.MaxDiskUsed*100, unknown)
}

// trains says whether a node gets train jobs.
func trains(node ledger.Node) bool {
	return node.Desired == ledger.NodeActive && (node.Health == ledger.NodeHealthy || node.Health == ledger.NodeSuspect) &&
		(len(node.Roles) == 0 || slices.Contains(node.Roles, string(spec.RoleTraining)))
}

func diskOf(node ledger.Node) (nodes.Space, bool) {
	var capacity nodes.Capacity
	if json.Unmarshal(node.Capacity, &capacity) != nil {
		return nodes.Space{}, false
	}
	return capacity.Disk.Get()
}

func (s Settings) fits(disk nodes.Space) bool {
	return disk.Free <= disk.Total && float64(disk.Free) >= float64(s.MinFreeDisk) && disk.UsedShare() < s.MaxDiskUsed
}
