package modeldistribution

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// progress is the newest checkpoint of a job, and the nodes that have it.
type progress struct {
	jobs.Checkpoint
	holders []string
}

// checkpoints are the newest of each training that is under way: where the node dies, the training goes on elsewhere from
// there. A copy belongs on a node that trains. The next checkpoint is soon there, so all such trainings are watched.
func (r *round) checkpoints(ctx context.Context) (all []spare, err error) {
	filter := ledger.JobFilter{Kind: jobs.KindTrain, Statuses: []ledger.Status{ledger.Pending, ledger.Claimed, ledger.Running}}
	list, err := r.Ledger().Jobs(ctx, filter, ledger.Page{Limit: 1000})
	if err != nil || len(list.Items) == 0 {
		return nil, err
	}
	r.watched += len(list.Items)
	newest := r.newest()
	for _, job := range list.Items {
		if found, has := newest[job.ID]; has {
			all = append(all, spare{
				place: found.Place, sha256: found.SHA256, configKey: job.ConfigKey, holders: found.holders,
				reason: fmt.Sprintf("job %s goes on from it if node %s dies", job.ID, found.holders[0]), may: trains,
			})
		}
	}
	return all, nil
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

func trains(node ledger.Node) bool {
	return len(node.Roles) == 0 || slices.Contains(node.Roles, string(spec.RoleTraining))
}
