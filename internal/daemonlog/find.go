package daemonlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// OutputFolder is the folder, among the logs, of what programs write.
const OutputFolder = "output"

// Name is how the files of a daemon's log begin: TYPE, or TYPE@node for one node's copy.
func Name(daemon spec.Type, node string) string {
	return strings.TrimPrefix(spec.WorkflowID(daemon, node), spec.WorkflowID("", ""))
}

// ErrNone says that a folder has no log of a daemon.
var ErrNone = errors.New("no log")

// SeveralError says that a folder has the logs of several copies, of which none was named.
type SeveralError struct {
	Daemon spec.Type
	Copies []string // as TYPE@node
}

// Error asks for one of the copies.
func (s *SeveralError) Error() string {
	return fmt.Sprintf("%s has several copies here: choose one of %s", s.Daemon, strings.Join(s.Copies, ", "))
}

// Query names a log.
type Query struct {
	Daemon spec.Type
	// Node is the node of the copy that is meant; empty for a cluster daemon, and for the only copy there is.
	Node string
	// Home is the node whose copy is preferred where none is named; empty means none.
	Home string
	// Lifecycle asks what became of a command daemon, instead of the output of its program.
	Lifecycle bool
}

// Find returns the path of a daemon's log below a folder of logs. What it looks for may be ErrNone or a SeveralError.
func Find(dir string, query Query) (string, error) {
	if output := filepath.Join(dir, OutputFolder); !query.Lifecycle && hasLog(output, query.Daemon) {
		dir = output
	}
	candidates := []string{Name(query.Daemon, query.Node)}
	if query.Node == "" && query.Home != "" {
		candidates = append(candidates, Name(query.Daemon, query.Home))
	}
	for _, name := range candidates {
		path := filepath.Join(dir, name+".log")
		_, err := os.Stat(path)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
	}
	if query.Node != "" {
		return "", ErrNone
	}
	return onlyCopy(dir, query.Daemon)
}

// hasLog says whether a folder has a log of a daemon, of whatever node.
func hasLog(dir string, daemon spec.Type) bool {
	logs, err := filepath.Glob(filepath.Join(dir, string(daemon)+"*.log"))
	return err == nil && slices.ContainsFunc(logs, func(path string) bool {
		name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".log"), "@")
		return name == string(daemon)
	})
}

func onlyCopy(dir string, daemon spec.Type) (string, error) {
	copies, err := filepath.Glob(filepath.Join(dir, string(daemon)+"@*.log"))
	switch {
	case err != nil:
		return "", fmt.Errorf("look for logs in %s: %w", dir, err)
	case len(copies) == 0:
		return "", ErrNone
	case len(copies) == 1:
		return copies[0], nil
	}
	several := &SeveralError{Daemon: daemon}
	for _, path := range copies {
		several.Copies = append(several.Copies, strings.TrimSuffix(filepath.Base(path), ".log"))
	}
	return "", several
}
