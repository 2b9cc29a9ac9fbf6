package daemonlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	// JobsFolder is where a node keeps the attempts of its jobs, below DATA_DIR.
	JobsFolder = "jobs"
	// LinesFile is where an attempt's standard output is kept; its standard error is workload.LogFile.
	LinesFile = "stdout.log"
)

// Attempt are the logs of one attempt of a job on this node.
type Attempt struct {
	Number int64 // 1 for the first
	// Lines is what the command told on standard output, a JSON document with its time a line; Errors is its
	// standard error. Each is the path of a log, empty if nothing was said.
	Lines, Errors string
}

// Path is Errors or Lines.
func (a Attempt) Path(errors bool) string {
	if errors {
		return a.Errors
	}
	return a.Lines
}

// CheckJob returns an error unless an ID is a plain name: nothing else becomes a part of a path.
func CheckJob(id string) error {
	if err := data.CheckName(id, 1); err != nil {
		return fmt.Errorf("find logs: %w", err)
	}
	return nil
}

// FindAttempt returns the logs that a node has of an attempt of a job, of the last one for 0; dir is DATA_DIR/jobs.
// There may be ErrNone.
func FindAttempt(dir, job string, number int64) (Attempt, error) {
	if err := CheckJob(job); err != nil {
		return Attempt{}, err
	}
	entries, err := os.ReadDir(filepath.Join(dir, job))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Attempt{}, fmt.Errorf("find logs of job %s: %w", job, err)
	}
	var found Attempt
	for _, entry := range entries {
		one, err := strconv.ParseInt(entry.Name(), 10, 64)
		if err == nil && one > found.Number && (number == 0 || one == number) {
			path := filepath.Join(dir, job, entry.Name())
			found = Attempt{one, regular(path, LinesFile), regular(path, workload.LogFile)}
		}
	}
	if found.Number == 0 {
		return Attempt{}, ErrNone
	}
	return found, nil
}

// regular is the path of a log, empty if there is none. A command writes to the folder: what it has put in the place
// of a log, as a link to another file, is none.
func regular(dir, name string) string {
	path := filepath.Join(dir, name)
	files := chain(path)
	for _, file := range files {
		if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
			return ""
		}
	}
	if len(files) == 0 {
		return ""
	}
	return path
}
