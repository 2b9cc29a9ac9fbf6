package modeldistribution

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// progress is the newest checkpoint of a job, and the nodes that have it.
type progress struct {
	jobs.Checkpoint
	holders []string
}

// spread has another node that trains fetch the newest checkpoint of each training that is under way: where that node
// dies, the training goes on elsewhere from there. Nothing of it stands in the ledger: the next checkpoint is soon there.
func (r *round) spread(ctx context.Context) error {
	filter := ledger.JobFilter{Kind: jobs.KindTrain, Statuses: []ledger.Status{ledger.Pending, ledger.Claimed, ledger.Running}}
	list, err := r.Ledger().Jobs(ctx, filter, ledger.Page{Limit: 1000})
	if err != nil {
		return err
	}
	r.trainings = len(list.Items)
	if r.trainings == 0 {
		return nil
	}
	newest := r.newest()
	for _, job := range list.Items {
		found, has := newest[job.ID]
		if !has || len(found.holders) > 1 {
			continue
		}
		if target, has := r.second(found); has {
			if err := r.askFor(ctx, job, found, target); err != nil {
				return err
			}
		}
	}
	return nil
}

// newest finds the newest checkpoint of each job among what the nodes listed.
func (r *round) newest() map[string]progress {
	found := map[string]progress{}
	for _, node := range r.living() {
		for sum, place := range r.views[node] {
			job, from, is := jobs.CheckpointAt(place)
			if !is || from.SHA256 != sum {
				continue
			}
			known, has := found[job]
			switch order := cmp.Or(cmp.Compare(from.Part, known.Part), cmp.Compare(from.Step, known.Step)); {
			case !has || order > 0:
				found[job] = progress{from, []string{node}}
			case from.SHA256 == known.SHA256:
				known.holders = append(known.holders, node)
				found[job] = known
			}
		}
	}
	return found
}

// second is the node that is to have a copy: one that trains, and the same as long as it lives.
func (r *round) second(of progress) (string, bool) {
	for _, node := range slices.Sorted(maps.Keys(r.members)) {
		if r.alive[node] && r.read[node] && trains(r.members[node]) && !slices.Contains(of.holders, node) {
			return node, true
		}
	}
	return "", false
}

func (r *round) askFor(ctx context.Context, job ledger.Job, of progress, target string) error {
	item, err := r.Ledger().Item(ctx, of.SHA256.String())
	if errors.Is(err, ledger.ErrNotFound) {
		return nil // it will be in the catalog in the next round
	}
	if err != nil {
		return err
	}
	return r.rt.Bus.Publish(ctx, bus.SyncRequest{
		Config: bus.ConfigOf(job.ConfigKey), NodeID: r.rt.Node, Targets: []string{target}, Urgent: true,
		Reason: fmt.Sprintf("job %s goes on from it if node %s dies", job.ID, of.holders[0]),
		Items:  []bus.SyncItem{{Role: string(of.Place.Role), Name: of.Place.Name, SHA256: item.SHA256, Bytes: item.Bytes, Sources: of.holders}},
	})
}

func trains(node ledger.Node) bool {
	return len(node.Roles) == 0 || slices.Contains(node.Roles, string(spec.RoleTraining))
}
