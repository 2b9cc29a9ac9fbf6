package autosync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
)

const (
	// askedItems go into one request.
	askedItems = 100
	// patientRounds of requests are made at the usual pace; after that a segment is asked for ten times less often.
	patientRounds = 5
)

// offer looks after this node's own segments: those that are nowhere else are asked for, those that others are seen
// to hold are safe.
func (r *round) offer(ctx context.Context, urgent bool) error {
	own, err := r.ownSegments(ctx)
	if err != nil {
		return err
	}
	targets, proves := r.targets(r.views), r.provesAbsence()
	var ask []outgoing
	for _, o := range own {
		if o.state == safe && !proves {
			continue
		}
		holders, lacking := r.holders(o.sum, targets)
		if o.state == safe && len(holders) > 0 {
			continue
		}
		if o.state != unsafe { // it was lost and is back, or the copy that made it safe is gone
			if err := r.expose(ctx, r.rt.Now(), &o); err != nil {
				return err
			}
		}
		switch {
		case len(holders) > 0 && (r.strategy != broadcast || len(lacking) == 0):
			if err := r.confirm(ctx, o, holders); err != nil {
				return err
			}
			continue
		case len(lacking) > 0 && r.strategy != pull && (urgent || r.isDue(o)):
			ask = append(ask, o)
		}
		r.work.unsafeSince(o.notedAt, len(targets) > 0)
	}
	for part := range slices.Chunk(ask, askedItems) {
		if err := r.ask(ctx, part, targets, urgent); err != nil {
			return err
		}
	}
	return nil
}

// ownSegments are those of the journal, brought up to date with the files that there are.
func (r *round) ownSegments(ctx context.Context) ([]outgoing, error) {
	known, err := r.outgoing(ctx)
	if err != nil {
		return nil, err
	}
	noted := map[data.Sum]bool{}
	for _, o := range known {
		noted[o.sum] = true
	}
	var fresh []data.Item
	for _, item := range r.rt.Files.Inventory().Items {
		if item.Role == data.RoleSegment && !noted[item.SHA256] {
			noted[item.SHA256] = true
			fresh = append(fresh, item)
		}
	}
	if len(fresh) > 0 {
		if err := r.note(ctx, r.rt.Now(), fresh); err != nil {
			return nil, err
		}
		if known, err = r.outgoing(ctx); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(known, func(o outgoing) bool { return r.withoutFile(ctx, o) }), nil
}

// withoutFile settles a segment whose file is gone: after it was safe that is nothing, before it is a loss. A file that
// is there and is not hashed yet is not gone.
func (r *round) withoutFile(ctx context.Context, o outgoing) bool {
	if len(r.rt.Files.Find(o.sum)) > 0 || !r.isGone(o) {
		return false
	}
	var err error
	switch o.state {
	case safe:
		err = r.settle(ctx, o.sum, "")
	case unsafe:
		if err = r.cutAgain(ctx, o); err == nil {
			err = r.lose(ctx, o)
		}
	}
	if err != nil {
		r.work.fault(err)
	}
	if o.state != safe {
		r.work.finding("segment/%s is gone before another node had it", o.name)
	}
	return true
}

func (r *round) isGone(o outgoing) bool {
	place := data.Place{Role: data.RoleSegment, Name: o.name}
	if known, found := r.rt.Files.Lookup(place); found {
		return known.SHA256 != o.sum
	}
	path, err := r.rt.Files.Path(place)
	if err != nil {
		return false
	}
	_, err = os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// provesAbsence says whether no node that is there to stay has what none of them lists: all were read, to the end. That a
// copy is gone matters where the last one is on a node that may vanish.
func (r *round) provesAbsence() bool {
	stay := 0
	for _, v := range r.views {
		if v.Ephemeral {
			continue
		}
		if !v.whole {
			return false
		}
		stay++
	}
	return r.strategy == ephemeral && stay > 0
}

// cutAgain has the games of a segment count as not cut: where they come from a live store of this node, they are still there.
func (r *round) cutAgain(ctx context.Context, o outgoing) error {
	stores, err := r.cutter.Forget(ctx, o.sum)
	for _, store := range stores {
		delete(r.quiet, store)
	}
	return err
}

func (r *round) lose(ctx context.Context, o outgoing) error {
	event, err := r.event(bus.DataSyncFailed{
		DataMove: bus.DataMove{
			Config: bus.ConfigOf(data.ConfigKey(o.name)), NodeID: r.rt.Node, SourceNode: r.rt.Node,
			Role: string(data.RoleSegment), Name: o.name, SHA256: o.sum.String(),
		},
		Error: "the file is gone before another node had it", ErrorClass: "lost",
	})
	if err != nil {
		return err
	}
	r.rt.Logger.Error("a segment is gone before another node had it", "name", o.name, "sha256", o.sum.String())
	return r.settle(ctx, o.sum, lost, event)
}

// holders are the nodes to stay that have a segment, and those targets that have not.
func (r *round) holders(sum data.Sum, targets []view) (holders, lacking []string) {
	for _, v := range r.views {
		if v.known && !v.Ephemeral && v.sums[sum] {
			holders = append(holders, v.Node)
		}
	}
	for _, v := range targets {
		if !v.sums[sum] {
			lacking = append(lacking, v.Node)
		}
	}
	return holders, lacking
}

func (r *round) confirm(ctx context.Context, o outgoing, holders []string) error {
	configKey := data.ConfigKey(o.name)
	merged := r.mergedInto(ctx, configKey)
	if merged == nil {
		return nil // how many games are safe is told when its store can be read again
	}
	event, err := r.event(bus.GameSynced{
		Config: bus.ConfigOf(configKey), NodeID: r.rt.Node, SHA256: o.sum.String(), Path: string(data.RoleSegment) + "/" + o.name,
		GamesPushed: merged[o.sum], TargetNodes: holders, IsEphemeral: r.strategy == ephemeral,
	})
	if err != nil {
		return err
	}
	return r.settle(ctx, o.sum, safe, event)
}

// isDue says whether it is time to ask for a segment again.
func (r *round) isDue(o outgoing) bool {
	wait := r.config.AskInterval
	if o.rounds >= patientRounds {
		wait *= 10
	}
	since := r.rt.Now().Sub(o.askedAt)
	return o.askedAt.IsZero() || since >= wait || since < 0 // the clock has stepped back
}

// ask publishes one request for some segments. Whether it was heard shows in the inventories.
func (r *round) ask(ctx context.Context, part []outgoing, targets []view, urgent bool) error {
	request := bus.SyncRequest{
		NodeID: r.rt.Node, Reason: fmt.Sprintf("new games of node %s, strategy %s", r.rt.Node, r.strategy), Urgent: urgent,
	}
	for _, v := range targets {
		request.Targets = append(request.Targets, v.Node)
	}
	var sums []data.Sum
	for _, o := range part {
		items := r.rt.Files.Find(o.sum)
		if len(items) == 0 {
			continue
		}
		sums = append(sums, o.sum)
		request.Items = append(request.Items, bus.SyncItem{
			Role: string(data.RoleSynced), Name: path.Join(r.rt.Node, o.name), SHA256: o.sum.String(), Bytes: items[0].Bytes,
			Sources: []string{r.rt.Node},
		})
	}
	if len(sums) == 0 {
		return nil
	}
	return errors.Join(r.rt.Bus.Publish(ctx, request), r.asked(ctx, r.rt.Now(), sums))
}
