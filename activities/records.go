package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
)

// Records keeps one small file for each attempt that runs in this process. A worker that starts in the
// same data folder, whose lock it holds, knows that these attempts are dead and tells the server, so
// that the daemons are back in about a second instead of after the heartbeat timeout.
type Records struct {
	dir      string
	identity string
	logger   *slog.Logger
	mutex    sync.Mutex
	dead     []string // identities of the workers before this one, latest last
	begun    begun
}

// record is what it takes to end an attempt in its worker's place. The token is bound to the attempt, so
// a record that is too old cannot hit a newer copy.
type record struct {
	ID        string `json:"id"`
	Epoch     int64  `json:"epoch"`
	TaskToken []byte `json:"task_token"`
	Parent    string `json:"parent,omitempty"`
	Worker    string `json:"worker"`
}

// takeOverLimit is how many attempts are reported lost at a time.
const takeOverLimit = 32

// OpenRecords opens the folder of records for a worker. The caller holds the lock of the data folder.
func OpenRecords(dir, identity string, logger *slog.Logger) (*Records, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make folder for running daemons: %w", err)
	}
	r := &Records{dir: dir, identity: identity, logger: logger}
	return r, r.succeed(identity)
}

// TakeOver reports every attempt of a dead predecessor lost and returns how many there were. It must be
// called before this worker polls.
func (r *Records) TakeOver(ctx context.Context, client client.Client, namespace string) (int, error) {
	files, err := filepath.Glob(filepath.Join(r.dir, "*.json"))
	if err != nil {
		return 0, fmt.Errorf("list %s: %w", r.dir, err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(takeOverLimit)
	for _, file := range files {
		group.Go(func() error { return r.reportLost(ctx, client, namespace, file) })
	}
	return len(files), group.Wait()
}

func (r *Records) reportLost(ctx context.Context, client client.Client, namespace, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read record: %w", err)
	}
	var lost record
	if err := json.Unmarshal(content, &lost); err != nil {
		r.logger.Warn("record not readable, its daemon waits for the heartbeat timeout", "file", file, "error", err)
	} else {
		for _, workflow := range []string{lost.ID, lost.Parent} {
			if err := resetSticky(ctx, client, namespace, workflow); err != nil {
				return err
			}
		}
		if err := client.CompleteActivity(ctx, lost.TaskToken, lostRun(), nil); err != nil && !gone(err) {
			return fmt.Errorf("report %s lost: %w", lost.ID, err)
		}
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove record: %w", err)
	}
	return nil
}

// resetSticky makes the server offer the workflow's tasks to every worker again, instead of first to the
// dead one that had it in its cache.
func resetSticky(ctx context.Context, client client.Client, namespace, workflow string) error {
	if workflow == "" {
		return nil
	}
	_, err := client.WorkflowService().ResetStickyTaskQueue(ctx, &workflowservice.ResetStickyTaskQueueRequest{
		Namespace: namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: workflow},
	})
	if err != nil && !gone(err) {
		return fmt.Errorf("reset sticky queue of %s: %w", workflow, err)
	}
	return nil
}

// put writes the record by rename, so that a reader never sees half of it. It is not synced to the disk:
// after a power cut the heartbeat timeout does the same, slower.
func (r *Records) put(next record) error {
	content, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode record of %s: %w", next.ID, err)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if err := replaceFile(r.path(next.ID), content); err != nil {
		return fmt.Errorf("write record of %s: %w", next.ID, err)
	}
	return nil
}

// replaceFile puts content in a file's place at once.
func replaceFile(path string, content []byte) error {
	if err := os.WriteFile(path+".tmp", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}

// remove forgets an attempt that ended, unless a newer one has taken its place.
func (r *Records) remove(id string, epoch int64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	content, err := os.ReadFile(r.path(id))
	if err != nil {
		return // nothing to forget
	}
	var present record
	if json.Unmarshal(content, &present) == nil && present.Epoch != epoch {
		return
	}
	if err := os.Remove(r.path(id)); err != nil {
		r.logger.Warn("record not removed", "daemon", id, "error", err)
	}
}

func (r *Records) path(id string) string {
	return filepath.Join(r.dir, strings.ReplaceAll(url.PathEscape(id), ".", "%2E")+".json")
}

func (a *attempt) record() record {
	return record{ID: a.id(), Epoch: a.epoch, TaskToken: a.info.TaskToken, Parent: a.in.Parent, Worker: a.daemons.Identity}
}
