package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web/webclient"
)

// logFlags say which part of which log is shown.
type logFlags struct {
	follow, lifecycle bool
	lines             int
	node              string
}

func (a *app) logs() *cobra.Command {
	var flags logFlags
	command := &cobra.Command{
		Use:   "logs TYPE[@node]",
		Short: "Show a daemon's log, on whichever node it runs, or follow it",
		Args:  oneTarget,
		Long: `logs shows what a daemon has written: of a command daemon the output of its program, of any other its log. It is read
from the node on which the daemon runs or, if it does not, from the one on which it ran last; over that worker's HTTP
server (HEALTH_ADDR, HEALTH_TOKEN) unless it is this node's. Where no fleet answers, the files in DATA_DIR are shown.
With --follow it goes on when the daemon's worker is replaced and when the daemon moves to another node.`,
		RunE: func(command *cobra.Command, inputs []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			found, unknown, err := a.whoseLog(command.Context(), inputs[0])
			if err != nil {
				return err
			}
			if found.Node != "" && flags.node != "" && found.Node != flags.node {
				return usagef("%s is a copy of node %s: leave out --node %s", found.Target, found.Node, flags.node)
			}
			err = newDaemonLog(a, found, flags).run(command.Context())
			if unknown != nil && (errors.Is(err, errNoPlace) || errors.Is(err, daemonlog.ErrNone)) {
				return unknown
			}
			return err
		},
		ValidArgsFunction: a.completeTypes,
	}
	command.Flags().BoolVarP(&flags.follow, "follow", "f", false, "wait for more, also after the log was rotated")
	command.Flags().BoolVar(&flags.lifecycle, "lifecycle", false, "of a command daemon: what became of it, instead of its output")
	command.Flags().IntVarP(&flags.lines, "lines", "n", 200, "how many of the last lines to begin with")
	command.Flags().StringVar(&flags.node, "node", "", "the log on this node, where the daemon ran before")
	return command
}

// formerName is what the name of a daemon looks like that is known no more.
var formerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)

// whoseLog is resolveNoting for a log, which outlives its daemon: that of a file may have been removed or renamed since.
// Such a name is unknown only if it has no log.
func (a *app) whoseLog(ctx context.Context, input string) (found named, unknown, err error) {
	found, err = a.resolveNoting(ctx, input)
	name, node, _ := strings.Cut(input, "@")
	if !is[*spec.UnknownType](err) || !formerName.MatchString(name) {
		return found, nil, err
	}
	former := spec.Type(strings.ReplaceAll(strings.ToUpper(name), "-", "_"))
	return named{Target: control.Target{Type: former, Node: node}}, err, nil
}

// check refuses more lines than are read.
func (f logFlags) check() error {
	if f.lines < 0 || f.lines > daemonlog.MaxLines {
		return usagef("--lines %d: choose a number from 0 to %d", f.lines, daemonlog.MaxLines)
	}
	return nil
}

// daemonLog is the log of a daemon, read where the daemon runs.
type daemonLog struct {
	*logReading
	found named
	// code says that it is code of its worker now: what a program wrote that stood in for it is of before.
	code bool
}

func newDaemonLog(a *app, found named, flags logFlags) *daemonLog {
	l := &daemonLog{logReading: &logReading{app: a, flags: flags}, found: found}
	l.source = l
	return l
}

func (l *daemonLog) title() string { return l.found.Target.String() }

func (l *daemonLog) query() webclient.LogQuery {
	return webclient.LogQuery{Name: l.found.String(), Lifecycle: l.flags.lifecycle || l.code}
}

func (l *daemonLog) write(line []byte) error { return l.app.writeLogLine(line) }

// localLog finds the log of a daemon in DATA_DIR. A per-node type without a node means this node's copy, or the only
// one there is on this machine.
func (l *daemonLog) localLog() (string, error) {
	dir := filepath.Join(l.app.Config.DataDir, "logs")
	path, err := daemonlog.Find(dir, daemonlog.Query{
		Daemon: l.found.Type, Node: l.found.Node, Home: l.app.Config.NodeID, Lifecycle: l.flags.lifecycle || l.code,
	})
	var several *daemonlog.SeveralError
	switch {
	case errors.Is(err, daemonlog.ErrNone):
		return "", fmt.Errorf("%s has %w in %s: it has not run on this machine, or DATA_DIR names another installation", l.found.Target, err, dir)
	case errors.As(err, &several):
		return "", usageError{err}
	}
	return path, err
}
