package pipeline

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Presence says what is known of the copies of a file.
type Presence string

// What may be known of a file.
const (
	Here Presence = "here" // a node that others can fetch from has it
	Away Presence = "away" // only nodes that are not here have it
	Gone Presence = "gone" // no node is known to have it
)

// PresenceOf says whether a file can be fetched.
func PresenceOf(ctx context.Context, l *ledger.Ledger, sha256 string) (Presence, error) {
	holders, err := l.Holders(ctx, sha256)
	if err != nil {
		return "", err
	}
	here, err := NodesHere(ctx, l)
	if err != nil {
		return "", err
	}
	switch {
	case Holding(holders, here) > 0:
		return Here, nil
	case len(holders) > 0:
		return Away, nil
	}
	return Gone, nil
}

// Absent says why a file cannot be fetched now, for people; empty: it can.
func Absent(ctx context.Context, l *ledger.Ledger, sha256 string) (string, error) {
	presence, err := PresenceOf(ctx, l, sha256)
	if err != nil || presence == Here {
		return "", err
	}
	if presence == Gone {
		return "no node has it", nil
	}
	holders, err := l.Holders(ctx, sha256)
	var names []string
	for _, holder := range holders {
		if !slices.Contains(names, holder.Node) {
			names = append(names, holder.Node)
		}
	}
	return "only nodes that are away have it: " + strings.Join(names, ", "), err
}

// AwaySince is when the last of the nodes went away that have a file which nobody can fetch; zero: none is known to have it.
func AwaySince(ctx context.Context, l *ledger.Ledger, sha256 string) (since time.Time, err error) {
	holders, err := l.Holders(ctx, sha256)
	if err != nil {
		return since, err
	}
	all, err := l.Nodes(ctx)
	for _, node := range all {
		has := slices.ContainsFunc(holders, func(h ledger.Holder) bool { return h.Node == node.ID })
		if has && node.HealthAt.After(since) {
			since = node.HealthAt
		}
	}
	return since, err
}

// NodesHere are the nodes that others can fetch from.
func NodesHere(ctx context.Context, l *ledger.Ledger) (map[string]bool, error) {
	nodes, err := l.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	here := map[string]bool{}
	for _, node := range nodes {
		here[node.ID] = node.Health == ledger.NodeHealthy || node.Health == ledger.NodeSuspect
	}
	return here, nil
}

// AnyHere says whether there is a node that others can fetch from.
func AnyHere(here map[string]bool) bool {
	for _, is := range here {
		if is {
			return true
		}
	}
	return false
}

// Holding counts the nodes that are here and have a copy that nothing speaks against.
func Holding(holders []ledger.Holder, here map[string]bool) int {
	nodes := map[string]bool{}
	for _, holder := range holders {
		if here[holder.Node] && (holder.State == ledger.CopyVerified || holder.State == ledger.CopyUnverified) {
			nodes[holder.Node] = true
		}
	}
	return len(nodes)
}
