package modeldistribution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	// dueAtOnce are begun in one round at most.
	dueAtOnce = 200
	// silent is how long after this daemon's last word a delivery counts as abandoned.
	silent = 2 * time.Minute
	// assumedSpeed in bytes per second is what a deadline allows for.
	assumedSpeed = 1_000_000
	maxDoublings = 3
)

// settle looks what has come of the deliveries that this copy has begun.
func (r *round) settle(ctx context.Context) error {
	told := r.heard()
	for key, attempt := range r.underWay {
		err := r.settleOne(ctx, key, attempt, told[key])
		if errors.Is(err, ledger.ErrStale) || errors.Is(err, ledger.ErrNotFound) {
			delete(r.underWay, key) // somebody else has taken it, or it is not wanted any more
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settleOne is given why the target could not fetch the file, if it said so.
func (r *round) settleOne(ctx context.Context, key delivery, attempt *attempt, reason string) error {
	if place, has := r.place(key.node, key.sha256); has && r.read[key.node] {
		delete(r.underWay, key)
		r.rt.Logger.Info("delivered", "sha256", key.sha256, "to", key.node)
		return r.VerifyDelivery(ctx, attempt.Transfer, jobs.HolderPath(place))
	}
	switch {
	case !r.alive[key.node]:
		reason = "the node is away"
	case reason == "" && r.rt.Now().Before(attempt.until):
		return r.ContinueDelivery(ctx, attempt.Transfer, 0, silent)
	case reason == "":
		reason = "the node has not got it in time"
	}
	delete(r.underWay, key)
	return r.fail(ctx, key, attempt, reason)
}

// fail ends an attempt. The target goes on with what it has when it is asked again.
func (r *round) fail(ctx context.Context, key delivery, attempt *attempt, reason string) error {
	giveUp := attempt.Attempt%r.config.MaxAttempts == 0 && r.alive[key.node]
	r.rt.Logger.Warn("not delivered", "sha256", key.sha256, "to", key.node, "attempt", attempt.Attempt, "reason", reason, "given_up", giveUp)
	return r.FailDelivery(ctx, attempt.Transfer, reason, r.retryAfter(attempt.Attempt), giveUp)
}

func (r *round) retryAfter(attempt int64) time.Duration {
	return r.config.FirstRetry << min((attempt-1)%r.config.MaxAttempts, maxDoublings)
}

// begin takes due deliveries and asks their targets.
func (r *round) begin(ctx context.Context) error {
	due, err := r.Ledger().DueDeliveries(ctx, r.living(), dueAtOnce)
	if err != nil {
		return err
	}
	for _, d := range due {
		if err := r.beginOne(ctx, d); err != nil {
			return err
		}
	}
	r.work.underWay = len(r.underWay)
	return nil
}

func (r *round) beginOne(ctx context.Context, d ledger.Delivery) error {
	key := delivery{d.SHA256, d.Node}
	place, has := r.place(d.Node, d.SHA256)
	if !r.alive[d.Node] || r.underWay[key] != nil {
		return nil // it waits for the node
	}
	item, err := r.Ledger().Item(ctx, d.SHA256)
	if err != nil {
		return err
	}
	sources := r.sources(d.SHA256, d.Node)
	if len(sources) == 0 && !has {
		return nil // the node that had it is gone since
	}
	transfer, err := r.BeginDelivery(ctx, d.SHA256, d.Node, silent)
	if errors.Is(err, ledger.ErrConflict) {
		return nil // an operator was faster
	}
	if err != nil {
		return err
	}
	if has { // it came by another way: not a byte moves
		return r.VerifyDelivery(ctx, transfer, jobs.HolderPath(place))
	}
	limit := r.config.Deadline + time.Duration(item.Bytes/assumedSpeed)*time.Second
	r.underWay[key] = &attempt{Transfer: transfer, until: r.rt.Now().Add(limit)}
	return r.ask(ctx, item, d.Node, sources)
}

// ask tells the target's AUTO_SYNC to fetch a file to where it lies elsewhere.
func (r *round) ask(ctx context.Context, item ledger.Item, target string, sources []string) error {
	place, _ := r.place(sources[0], item.SHA256)
	if place.Role == data.RoleSegment {
		return fmt.Errorf("item %s is a segment: those are AUTO_SYNC's own", item.SHA256)
	}
	return r.rt.Bus.Publish(ctx, bus.SyncRequest{
		Config: bus.ConfigOf(item.ConfigKey), NodeID: r.rt.Node, Targets: []string{target}, Reason: fmt.Sprintf("node %s should have this %s", target, item.Role),
		Items: []bus.SyncItem{{Role: string(place.Role), Name: place.Name, SHA256: item.SHA256, Bytes: item.Bytes, Sources: sources}},
	})
}

// sources are the nodes that listed a file in this round.
func (r *round) sources(sum, target string) (found []string) {
	for _, node := range r.living() {
		if node != target && r.read[node] && r.has(node, sum) {
			found = append(found, node)
		}
	}
	return found
}
