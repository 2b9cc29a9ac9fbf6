package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web/webclient"
)

// logPlace is where a log is read: a file of this machine, or the server of a node.
type logPlace struct {
	node spec.Node
	path string
	// empty says that nothing was written there yet.
	empty bool
	// fleet says that the place was found by asking the fleet or the ledger, which then knows of a move or of the end.
	fleet bool
}

// errNoPlace says that no node has the log.
var errNoPlace = errors.New("no node has its log")

// locate finds the log: where the daemon runs or, if it does not, where it was written to last.
func (l *daemonLog) locate(ctx context.Context) (logPlace, error) {
	limited, cancel := context.WithTimeout(ctx, askFleet)
	defer cancel()
	var hosts logHosts
	err := l.app.withFleet(limited, func(fleet *control.Client) (err error) {
		hosts, err = l.hosts(limited, fleet)
		return err
	})
	if err != nil {
		return l.withoutFleet(err)
	}
	if hosts.running == "" && l.shown {
		hosts.running = l.node // it is between two attempts, or at rest: nowhere else is more to be seen
	}
	return l.choose(ctx, hosts)
}

// withoutFleet is this machine's file. Whoever names another node, or follows that node already, wants no other.
func (l *daemonLog) withoutFleet(reason error) (logPlace, error) {
	var refused usageError
	if errors.As(reason, &refused) {
		return logPlace{}, reason
	}
	if l.flags.node != "" && l.flags.node != l.app.Config.NodeID || l.shown && l.node != l.app.Config.NodeID {
		return logPlace{}, fmt.Errorf("%w: %w", errNoPlace, reason)
	}
	path, err := l.localLog()
	if err == nil && !l.shown {
		l.note(fmt.Sprintf("this is the log on this machine, as the fleet does not tell where %s runs: %v", l.found.Target, reason))
	}
	return logPlace{node: spec.Node{ID: l.app.Config.NodeID}, path: path}, err
}

// logHosts are the nodes that may have a log.
type logHosts struct {
	running string // where the daemon runs now; empty: it does not
	nodes   []spec.Node
}

// hosts asks the fleet. Of a per-node type without a node it is this node's copy, or the only one.
func (l *daemonLog) hosts(ctx context.Context, fleet *control.Client) (logHosts, error) {
	status, err := fleet.Table(ctx)
	if err != nil {
		return logHosts{}, err
	}
	hosts := logHosts{nodes: status.Nodes}
	if l.flags.node != "" {
		l.found.Node = pickNode(l.found, l.flags.node)
		hosts.running = l.flags.node
		return hosts, nil
	}
	info, err := fleet.Info(ctx, l.found.Target)
	if is[*control.UnknownDaemonError](err) {
		return hosts, nil // it has not run since `up`, but perhaps before
	}
	if err != nil {
		return hosts, err
	}
	l.code = info.Program == ""
	if info.Kind == spec.KindGroup {
		return hosts, l.pickCopy(info, &hosts)
	}
	hosts.running = info.Node
	for _, node := range status.Nodes {
		if info.Worker != "" && node.Identity == info.Worker {
			hosts.running = node.ID
		}
	}
	return hosts, nil
}

// pickNode is the node of a copy; a cluster daemon has none, wherever it ran.
func pickNode(found named, node string) string {
	if found.row.Scope == spec.ScopeNode {
		return node
	}
	return ""
}

func (l *daemonLog) pickCopy(group spec.Info, hosts *logHosts) error {
	var copies []string
	for _, member := range group.Members {
		if copies = append(copies, member.Node); member.Node == l.app.Config.NodeID {
			copies = []string{member.Node}
			break
		}
	}
	switch len(copies) {
	case 0:
		return nil
	case 1:
		l.found.Node, hosts.running = copies[0], copies[0]
		return nil
	}
	for i, node := range copies {
		copies[i] = control.Target{Type: l.found.Type, Node: node}.String()
	}
	return usagef("%s has a copy on each of several nodes: choose one of %s", l.found.Type, names(copies))
}

// choose picks the node, and this machine's file where it is the node's own.
func (l *daemonLog) choose(ctx context.Context, hosts logHosts) (logPlace, error) {
	home := l.app.Config.NodeID
	path, localErr := l.localLog()
	if hosts.running == home && localErr == nil {
		return logPlace{node: spec.Node{ID: home}, path: path, fleet: true}, nil
	}
	if hosts.running == "" {
		return l.newest(ctx, hosts.nodes, path)
	}
	node, err := nodeOf(hosts.nodes, hosts.running)
	if err != nil && l.flags.node != "" {
		err = usageError{err}
	}
	return logPlace{node: node, fleet: err == nil}, err
}

// nodeOf finds a node of the fleet.
func nodeOf(all []spec.Node, id string) (spec.Node, error) {
	for _, node := range all {
		if node.ID == id {
			return node, nil
		}
	}
	return spec.Node{}, fmt.Errorf("node %q is not part of the fleet: `starter nodes` lists them", id)
}

// newest picks, for a daemon that does not run, the log that was written to last. Nodes that cannot be asked are told.
func (l *daemonLog) newest(ctx context.Context, nodes []spec.Node, local string) (logPlace, error) {
	changed, faults := make([]time.Time, len(nodes)), make([]error, len(nodes))
	var group errgroup.Group
	for i, node := range nodes {
		group.Go(func() error {
			changed[i], faults[i] = l.app.askNodes().LogChanged(ctx, node, l.query())
			return nil
		})
	}
	_ = group.Wait() // each keeps its own error
	best, at := logPlace{fleet: true}, time.Time{}
	if info, err := os.Stat(local); local != "" && err == nil {
		best.node.ID, best.path, at = l.app.Config.NodeID, local, info.ModTime()
	}
	var silent []error
	for i, node := range nodes {
		if faults[i] != nil && !errors.Is(faults[i], webclient.ErrNone) {
			silent = append(silent, faults[i])
		}
		if faults[i] == nil && changed[i].After(at) && (best.path == "" || node.ID != best.node.ID) {
			best, at = logPlace{node: node, fleet: true}, changed[i]
		}
	}
	if _, err := nodeOf(nodes, l.found.Node); at.IsZero() && l.found.Node != "" && err != nil {
		return best, usageError{err}
	}
	if at.IsZero() {
		return best, errors.Join(append([]error{fmt.Errorf("%s does not run, and %w", l.found.Target, errNoPlace)}, silent...)...)
	}
	if !l.shown {
		for _, fault := range silent {
			l.note("it may have a later log: " + fault.Error())
		}
	}
	return best, nil
}

// await returns errMoved once the daemon runs on another node, and nil when ctx ends.
func (l *daemonLog) await(ctx context.Context, at logPlace) error {
	if l.flags.node != "" || l.found.Node != "" {
		return awaitEnd(ctx) // its place is given
	}
	for pause.For(ctx, logLook) {
		limited, cancel := context.WithTimeout(ctx, askFleet)
		moved := false
		_ = l.app.withFleet(limited, func(fleet *control.Client) error { // the next look may succeed
			hosts, err := l.hosts(limited, fleet)
			moved = err == nil && hosts.running != "" && hosts.running != at.node.ID
			return err
		})
		cancel()
		if moved {
			return errMoved
		}
	}
	return nil
}

func awaitEnd(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
