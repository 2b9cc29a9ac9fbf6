package jobs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/workload"
)

// attemptFolder is <dir>/<job>/<attempt>. While the command works it is workload.Attempt's folder; afterwards
// only the logs are left of it.
type attemptFolder struct{ path string }

// attemptFolder makes place for an attempt: of what is left of others of the job, only the logs stay.
func (e *Executor) attemptFolder(job string, attempt int64) (attemptFolder, error) {
	if err := data.CheckName(job, 1); err != nil {
		return attemptFolder{}, permanent(classBadRequest, "job_id: %v", err)
	}
	of := filepath.Join(e.config.Dir, job)
	if err := os.MkdirAll(of, 0o755); err != nil {
		return attemptFolder{}, fmt.Errorf("make the folder of job %s: %w", job, err)
	}
	if err := clearAttempts(of); err != nil {
		return attemptFolder{}, err
	}
	folder := attemptFolder{filepath.Join(of, strconv.FormatInt(attempt, 10))}
	if err := os.RemoveAll(folder.path); err != nil { // the same attempt, begun before
		return attemptFolder{}, fmt.Errorf("make the folder of job %s: %w", job, err)
	}
	return folder, nil
}

// begin makes the folder with its request.
func (f attemptFolder) begin(request workload.Request) (*workload.Attempt, error) {
	checked := request
	checked.OutputDir = filepath.Join(f.path, "out")
	var faults *workload.Problems
	if err := checked.Check(); errors.As(err, &faults) {
		return nil, permanent(classBadRequest, "%v", faults)
	}
	return workload.NewAttempt(f.path, request)
}

// clear removes everything but the logs.
func (f attemptFolder) clear() error {
	entries, err := os.ReadDir(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("clear attempt %s: %w", f.path, err)
	}
	for _, entry := range entries {
		if isLog(entry.Name()) {
			continue
		}
		if err := removeAll(filepath.Join(f.path, entry.Name())); err != nil {
			return fmt.Errorf("clear attempt %s: %w", f.path, err)
		}
	}
	return nil
}

// removeAll removes also what a command has left in folders that nobody may write to.
func removeAll(path string) error {
	err := os.RemoveAll(path)
	if err == nil {
		return nil
	}
	if err := filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return err
	}); err != nil {
		return err
	}
	return os.RemoveAll(path)
}

// clearAttempts clears the folders of all attempts of a job.
func clearAttempts(of string) error {
	attempts, err := os.ReadDir(of)
	if err != nil {
		return fmt.Errorf("list attempts: %w", err)
	}
	for _, attempt := range attempts {
		if err := (attemptFolder{filepath.Join(of, attempt.Name())}).clear(); err != nil {
			return err
		}
	}
	return nil
}

func isLog(name string) bool {
	return strings.HasPrefix(name, workload.LogFile) || strings.HasPrefix(name, daemonlog.LinesFile)
}
