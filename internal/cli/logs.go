package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
)

// maxLogLines bounds how many old lines `logs` shows.
const maxLogLines = 100_000

func (a *app) logs() *cobra.Command {
	var follow bool
	var lines int
	command := &cobra.Command{
		Use:   "logs TYPE[@node]",
		Short: "Show a daemon's log on this machine, or follow it",
		Args:  oneTarget,
		RunE: func(command *cobra.Command, inputs []string) error {
			if lines < 0 || lines > maxLogLines {
				return usagef("--lines %d: choose a number from 0 to %d", lines, maxLogLines)
			}
			found, err := a.resolveNoting(inputs[0])
			if err != nil {
				return err
			}
			path, err := a.logPath(found.Target)
			if err != nil {
				return err
			}
			return a.showLog(command.Context(), path, lines, follow)
		},
		ValidArgsFunction: a.completeTypes,
	}
	command.Flags().BoolVarP(&follow, "follow", "f", false, "wait for more, also after the log was rotated")
	command.Flags().IntVarP(&lines, "lines", "n", 200, "how many of the last lines to begin with")
	return command
}

// logPath finds the log of a daemon. A per-node type without a node means this node's copy, or the only
// one there is on this machine.
func (a *app) logPath(target control.Target) (string, error) {
	dir := filepath.Join(a.Config.DataDir, "logs")
	candidates := []string{target.String()}
	if target.Node == "" && a.Config.NodeID != "" {
		candidates = append(candidates, string(target.Type)+"@"+a.Config.NodeID)
	}
	for _, name := range candidates {
		path := filepath.Join(dir, name+".log")
		_, err := os.Stat(path)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
	}
	return a.onlyCopy(dir, target)
}

func (a *app) onlyCopy(dir string, target control.Target) (string, error) {
	copies, err := filepath.Glob(filepath.Join(dir, string(target.Type)+"@*.log"))
	switch {
	case err != nil:
		return "", fmt.Errorf("look for logs in %s: %w", dir, err)
	case len(copies) == 1 && target.Node == "":
		return copies[0], nil
	case len(copies) > 1 && target.Node == "":
		var nodes []string
		for _, path := range copies {
			nodes = append(nodes, strings.TrimSuffix(filepath.Base(path), ".log"))
		}
		return "", usagef("%s has several copies here: choose one of %s", target.Type, strings.Join(nodes, ", "))
	}
	return "", fmt.Errorf("%s has no log in %s: it has not run on this machine, or DATA_DIR names another installation", target, dir)
}

// writeRest writes a last line that has no end, as a process leaves it that dies while writing.
func (a *app) writeRest(tail *logFile) error {
	if len(tail.partial) == 0 {
		return nil
	}
	return a.writeLogLine(tail.partial)
}

// showLog writes the last lines of a log and then, if asked to, those that come until ctx ends.
func (a *app) showLog(ctx context.Context, path string, lines int, follow bool) error {
	tail, err := openLog(path, lines)
	if err != nil {
		return err
	}
	defer tail.close()
	for _, line := range tail.old {
		if err := a.writeLogLine(line); err != nil {
			return err
		}
	}
	if !follow {
		return a.writeRest(tail)
	}
	return tail.follow(ctx, a.writeLogLine)
}
