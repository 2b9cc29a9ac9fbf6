package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

const (
	// recentCheckpoints of a configuration are looked through for those of a job.
	recentCheckpoints = 500
	// maxEarlier checkpoints are named beside the one to go on from.
	maxEarlier = 3
	// seenLately is how old the last sign of a node may be that is counted on.
	seenLately = 15 * time.Second
)

// resume reads the checkpoint that a job can go on from, nil if there is none for this part of it.
func resume(text string, part int) *Checkpoint {
	var from Checkpoint
	if text == "" || json.Unmarshal([]byte(text), &from) != nil || from.Part != part || from.SHA256.IsZero() {
		return nil
	}
	return &from
}

// findCheckpoints names the checkpoints from which an attempt may go on: the one that is known, and what copies of earlier
// ones other nodes have. It may have been lost with its node: one that is at hand is worth more than a few steps.
func (g *grant) findCheckpoints(ctx context.Context, assignment *Assignment, known *Checkpoint) error {
	if known == nil {
		return nil
	}
	assignment.Resume = known
	if known.Node == g.Node {
		return nil
	}
	at, err := g.atHand(ctx)
	if err != nil {
		return err
	}
	near := map[data.Sum]nearness{}
	all := []Checkpoint{*known}
	list, err := g.session.Ledger().Items(ctx, ledger.ItemFilter{Role: ItemRole(data.RoleCheckpoint), ConfigKey: g.ConfigKey}, ledger.Page{Limit: recentCheckpoints})
	if err != nil {
		return err
	}
	for _, item := range list.Items {
		job, from, is := CheckpointAt(data.Place{Role: data.RoleCheckpoint, Name: item.Name})
		if from.Bytes = item.Bytes; is && job == g.JobID && from.Part == known.Part && from.SHA256 != known.SHA256 {
			all = append(all, from)
		}
	}
	for i := range all {
		if near[all[i].SHA256], err = g.holds(ctx, at, known.Node, &all[i]); err != nil {
			return err
		}
	}
	slices.SortStableFunc(all, func(a, b Checkpoint) int {
		return cmp.Or(cmp.Compare(near[b.SHA256], near[a.SHA256]), cmp.Compare(b.Step, a.Step))
	})
	assignment.Resume, assignment.Earlier = &all[0], all[1:min(len(all), 1+maxEarlier)]
	return nil
}

// atHand are the nodes that were heard of just now and lend files, and the one that is to run the attempt.
func (g *grant) atHand(ctx context.Context) (map[string]bool, error) {
	now, err := g.session.Ledger().Now(ctx)
	if err != nil {
		return nil, err
	}
	all, err := g.session.Ledger().Nodes(ctx)
	if err != nil {
		return nil, err
	}
	at := map[string]bool{g.Node: true}
	for _, node := range all {
		if node.Desired != ledger.NodeRemoved && now.Sub(node.LastSeen) <= seenLately && node.Addresses[nodes.AddressData] != "" {
			at[node.ID] = true
		}
	}
	return at, nil
}

// nearness is how likely a checkpoint can be had.
type nearness int

const (
	left nearness = iota // on the node alone that the job comes from, and that nobody has heard of just now
	away                 // on another one, of which nobody has heard either: it may be the bus that is away
	atHand
)

// holds says how near a checkpoint is, and notes the node that has it.
func (g *grant) holds(ctx context.Context, at map[string]bool, comesFrom string, from *Checkpoint) (best nearness, err error) {
	if at[from.Node] {
		best = atHand
	}
	holders, err := g.session.Ledger().Holders(ctx, from.SHA256.String())
	for _, holder := range holders {
		if holder.State != ledger.CopyVerified && holder.State != ledger.CopyUnverified {
			continue
		}
		is := left
		switch {
		case at[holder.Node]:
			is = atHand
		case holder.Node != comesFrom:
			is = away
		}
		if is > best {
			best, from.Node = is, holder.Node
		}
	}
	return best, err
}
