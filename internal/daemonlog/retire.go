package daemonlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

// KeepFor is how long the logs of a daemon that is in the plan no more are kept after its last line: as long as a job's.
const KeepFor = 7 * 24 * time.Hour

// retireEvery is the pause between two looks for such logs.
const retireEvery = time.Hour

// fileName is that of a file of a daemon's log; those of processes begin with a small letter.
var fileName = regexp.MustCompile(`^(([A-Z][A-Z0-9_]*)(?:@.+)?\.log)(?:\.[0-9]+)?$`)

// Retirer removes the logs of daemons that are in the plan no more. Those of the others have a bound of their own, which
// their writer keeps, and no age.
type Retirer struct {
	Dir string // DATA_DIR/logs
	// Plan is what the fleet was last asked to be. While it is not known, everything stays.
	Plan   func(context.Context) (spec.SupervisorCarry, error)
	Now    func() time.Time
	Logger *slog.Logger
}

// Run looks now and then, until ctx is done.
func (r *Retirer) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := r.Retire(ctx); err != nil && ctx.Err() == nil {
			r.Logger.Warn("old logs stay for now", "error", err)
		}
		pause.For(ctx, retireEvery)
	}
}

// Retire looks once. It asks for the plan only if there is something that could go.
func (r *Retirer) Retire(ctx context.Context) error {
	old, err := r.old()
	if err != nil || len(old) == 0 {
		return err
	}
	plan, err := r.Plan(ctx)
	if err != nil {
		return fmt.Errorf("ask which daemons are in the plan: %w", err)
	}
	if len(plan.Request.Daemons) == 0 {
		return nil // that is what a plan looks like which was not understood, too
	}
	needed := inPlan(plan)
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(old)) {
		log := old[path]
		if needed[log.daemon] {
			continue
		}
		if err := log.remove(); err != nil {
			errs = append(errs, err)
			continue
		}
		r.Logger.Info("removed the log of a daemon that is in the plan no more", "log", path, "files", len(log.files))
	}
	return errors.Join(errs...)
}

// inPlan are the daemons that are wanted, and those that still run.
func inPlan(plan spec.SupervisorCarry) map[spec.Type]bool {
	needed := map[spec.Type]bool{}
	for _, row := range plan.Request.Daemons {
		needed[row.Type] = true
	}
	for _, row := range plan.Rows {
		if daemon, _, ok := spec.ParseWorkflowID(row.ID); ok && row.Phase.Live() {
			needed[daemon] = true
		}
	}
	return needed
}

// kept is a log with its rotated files.
type kept struct {
	daemon  spec.Type
	files   []string
	written time.Time // its last line
}

func (k *kept) remove() error {
	var errs []error
	for _, file := range k.files {
		if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// old are the logs by their paths to which nothing was written for KeepFor.
func (r *Retirer) old() (map[string]*kept, error) {
	logs := map[string]*kept{}
	for _, dir := range []string{r.Dir, filepath.Join(r.Dir, OutputFolder)} {
		if err := collect(dir, logs); err != nil {
			return nil, err
		}
	}
	oldest := r.Now().Add(-KeepFor)
	maps.DeleteFunc(logs, func(_ string, log *kept) bool { return log.written.After(oldest) })
	return logs, nil
}

// collect finds the logs of a folder. One that is not there has none.
func collect(dir string, logs map[string]*kept) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for old logs: %w", err)
	}
	for _, entry := range entries {
		name := fileName.FindStringSubmatch(entry.Name())
		info, err := entry.Info()
		if name == nil || err != nil || !info.Mode().IsRegular() {
			continue // gone, or not a daemon's
		}
		path := filepath.Join(dir, name[1])
		if logs[path] == nil {
			logs[path] = &kept{daemon: spec.Type(name[2])}
		}
		logs[path].files = append(logs[path].files, filepath.Join(dir, entry.Name()))
		if at := info.ModTime(); at.After(logs[path].written) {
			logs[path].written = at
		}
	}
	return nil
}
