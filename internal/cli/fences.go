package cli

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// withFences runs act with those fences of the bus and the ledger that the inputs name, or all.
func (a *app) withFences(ctx context.Context, inputs []string, act func(context.Context, []fenceRow) error) error {
	wanted, err := a.fenced(ctx, inputs)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, fenceTimeout)
	defer cancel()
	return a.withStoredBus(ctx, func(client *bus.Client) error {
		return a.withStoredLedger(ctx, func(l *ledger.Ledger) error {
			fences, err := allFences(ctx, client, l)
			if err != nil {
				return err
			}
			if len(wanted) > 0 {
				fences = slices.DeleteFunc(fences, func(fence fenceRow) bool { return !wanted.has(fence) })
			}
			return act(ctx, fences)
		})
	})
}

// withStoredLedger is withLedger with nil where no worker has made a ledger yet.
func (a *app) withStoredLedger(ctx context.Context, act func(*ledger.Ledger) error) error {
	opened, err := a.OpenLedger(ctx, a.Config)
	if errors.Is(err, ErrNoLedger) {
		return act(nil)
	}
	if err != nil {
		return err
	}
	return errors.Join(act(opened), opened.Close())
}

// allFences lists what both refuse older copies by, sorted by daemon and node.
func allFences(ctx context.Context, client *bus.Client, l *ledger.Ledger) ([]fenceRow, error) {
	ofBus, err := client.Fences(ctx)
	if err != nil {
		return nil, err
	}
	var rows []fenceRow
	for _, fence := range ofBus {
		rows = append(rows, fenceRow{
			Store: "bus", Daemon: fence.Daemon, Node: fence.Node, Epoch: fence.Epoch, Checkpoints: fence.Checkpoints, Since: sinceOf(fence.Epoch),
			reset: func(ctx context.Context) error { return client.ResetFence(ctx, fence.Daemon, fence.Node) },
		})
	}
	if l == nil {
		return rows, nil
	}
	ofLedger, err := l.Fences(ctx)
	if err != nil {
		return nil, err
	}
	for _, fence := range ofLedger {
		daemon, node := writerOf(fence.Daemon)
		rows = append(rows, fenceRow{
			Store: "ledger", Daemon: daemon, Node: node, Epoch: fence.Epoch, Since: sinceOf(fence.Epoch),
			reset: func(ctx context.Context) error { return l.ResetFence(ctx, fence.Daemon) },
		})
	}
	slices.SortStableFunc(rows, func(a, b fenceRow) int {
		return cmp.Or(cmp.Compare(a.Daemon, b.Daemon), cmp.Compare(a.Node, b.Node))
	})
	return rows, nil
}

// writerOf is the daemon that writes into the ledger under a name; a name that is no daemon's stays as it is.
func writerOf(name string) (spec.Type, string) {
	if daemon, node, ok := spec.ParseWorkflowID(name); ok {
		return daemon, node
	}
	return spec.Type(name), ""
}

func sinceOf(epoch int64) time.Time { return time.Unix(0, epoch).UTC() }

// fenced resolves what an operator named.
func (a *app) fenced(ctx context.Context, inputs []string) (targets, error) {
	var wanted targets
	for _, input := range inputs {
		found, err := a.resolveNoting(ctx, input)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, found.Target)
	}
	return wanted, nil
}

type targets []control.Target

// has says whether a fence belongs to one of the targets; a type without a node stands for all its copies.
func (t targets) has(fence fenceRow) bool {
	return slices.ContainsFunc(t, func(target control.Target) bool {
		return target.Type == fence.Daemon && (target.Node == "" || target.Node == fence.Node)
	})
}
