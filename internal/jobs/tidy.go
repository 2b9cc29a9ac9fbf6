package jobs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/process"
)

// What is kept of attempts that are over.
const (
	// KeepLogs is of how many jobs a node keeps the logs.
	KeepLogs = 200
	// KeepFor is how long logs and checkpoints are kept at most.
	KeepFor = 7 * 24 * time.Hour
	// tidyEvery is how often a node looks for what is to go.
	tidyEvery = time.Minute
)

// tidied is when the folder of attempts was last put in order.
type tidied struct {
	mutex sync.Mutex
	at    time.Time
}

// Sweep ends the processes that an earlier worker of this node has left, clears its attempts and forgets old
// logs and checkpoints. A worker calls it before it takes jobs.
func (e *Executor) Sweep(ctx context.Context) error {
	left, err := process.Sweep(ctx, e.config.Scope, 0)
	if err != nil {
		return fmt.Errorf("sweep jobs: %w", err)
	}
	if left > 0 {
		e.config.Logger.Info("processes of an earlier worker were ended", "processes", left)
	}
	jobs, err := e.listJobs()
	if err != nil {
		return fmt.Errorf("sweep jobs: %w", err)
	}
	for _, job := range jobs {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("sweep jobs: %w", err)
		}
		if e.running.has(job.name) {
			continue
		}
		if err := clearAttempts(filepath.Join(e.config.Dir, job.name)); err != nil {
			return fmt.Errorf("sweep job %s: %w", job.name, err)
		}
	}
	return e.tidy(jobs)
}

// tidySometimes is for the end of each attempt. What goes wrong is tried again a while later.
func (e *Executor) tidySometimes() {
	if !e.tidied.due(e.config.Now()) {
		return
	}
	jobs, err := e.listJobs()
	if err == nil {
		err = e.tidy(jobs)
	}
	if err != nil {
		e.config.Logger.Warn("old logs of jobs are still there", "error", err)
	}
}

func (t *tidied) due(now time.Time) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if now.Sub(t.at) < tidyEvery {
		return false
	}
	t.at = now
	return true
}

// tidy forgets the logs of all but the newest jobs, and checkpoints that nobody came back for.
func (e *Executor) tidy(jobs []aged) error {
	oldest := e.config.Now().Add(-KeepFor)
	var errs []error
	for i, job := range jobs {
		if (i >= KeepLogs || job.at.Before(oldest)) && !e.running.has(job.name) {
			errs = append(errs, removeAll(filepath.Join(e.config.Dir, job.name)))
		}
	}
	return errors.Join(append(errs, e.tidyCheckpoints(oldest))...)
}

// tidyCheckpoints removes the checkpoints of jobs that have stored none since a time.
func (e *Executor) tidyCheckpoints(oldest time.Time) error {
	root, err := e.config.Files.Path(data.Place{Role: data.RoleCheckpoint, Name: "any"})
	if err != nil {
		return err
	}
	configs, err := list(filepath.Dir(root))
	if err != nil {
		return err
	}
	var errs []error
	for _, config := range configs {
		jobs, err := list(filepath.Join(filepath.Dir(root), config.name))
		errs = append(errs, err)
		for _, job := range jobs {
			if job.at.Before(oldest) && !e.running.has(job.name) {
				errs = append(errs, os.RemoveAll(filepath.Join(filepath.Dir(root), config.name, job.name)))
			}
		}
	}
	return errors.Join(errs...)
}

func (e *Executor) listJobs() ([]aged, error) { return list(e.config.Dir) }

// aged is a folder and when something was last put into it.
type aged struct {
	name string
	at   time.Time
}

// list returns the folders of a folder, newest first; one that is not there has none.
func list(dir string) ([]aged, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	var all []aged
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.IsDir() {
			continue // gone, or not ours
		}
		all = append(all, aged{entry.Name(), info.ModTime()})
	}
	slices.SortFunc(all, func(a, b aged) int { return b.at.Compare(a.at) })
	return all, nil
}
