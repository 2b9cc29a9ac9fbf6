package autosync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/jobs"
)

// mergeAll merges every segment that is here and not in its store yet. It returns whether some are left for the
// next round.
func (r *round) mergeAll(ctx context.Context) (more bool, err error) {
	overtime := r.overtime()
	for _, item := range r.rt.Files.Inventory().Items {
		if !forStore(item) {
			continue
		}
		known := r.mergedInto(ctx, item.ConfigKey)
		if _, has := known[item.SHA256]; has || known == nil {
			continue
		}
		if overtime() {
			return true, nil
		}
		if _, err := r.merge(ctx, item); err != nil {
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			r.work.fault(err)
		}
	}
	return false, nil
}

// forStore says whether the games of a file belong into the store of its config.
func forStore(item data.Item) bool { return isSegment(item) && !jobs.PlayedToJudge(item.Name) }

// isSegment says whether a file is one of games of a config.
func isSegment(item data.Item) bool {
	return (item.Role == data.RoleSegment || item.Role == data.RoleSynced) && item.ConfigKey != ""
}

// merge brings the games of one file into the store of its config.
func (r *round) merge(ctx context.Context, item data.Item) (games.Merged, error) {
	known := r.mergedInto(ctx, item.ConfigKey)
	if known == nil {
		return games.Merged{}, fmt.Errorf("merge %s: the store of its config cannot be read", item.Place)
	}
	if count, has := known[item.SHA256]; has {
		return games.Merged{Known: true, Inserted: int(count)}, nil
	}
	opened, err := r.rt.Files.OpenItem(item) // what has been changed meanwhile is not what counts as merged
	if err != nil {
		return games.Merged{}, fmt.Errorf("merge: %w", err)
	}
	defer func() { _ = opened.Close() }() // it was only looked at
	source, err := r.rt.Files.Path(item.Place)
	if err != nil {
		return games.Merged{}, err
	}
	if reason, err := r.heldBack(ctx, source); err != nil || reason != "" {
		if reason != "" {
			r.work.finding("%s is not merged: %s", item.Place, reason)
		}
		return games.Merged{}, r.whenCorrupt(ctx, item, err)
	}
	merged, err := r.mergeFile(ctx, item, source, func() error { return r.rt.Files.CheckItem(item, opened) })
	if err != nil {
		return merged, r.whenCorrupt(ctx, item, err)
	}
	known[item.SHA256] = int64(merged.Inserted + merged.Duplicates)
	r.work.merged++
	r.work.games += int64(merged.Inserted)
	return merged, nil
}

func (r *round) mergeFile(ctx context.Context, item data.Item, source string, check func() error) (games.Merged, error) {
	store, err := r.rt.Files.Path(storeOf(item.ConfigKey))
	if err != nil {
		return games.Merged{}, err
	}
	aside := filepath.Join(r.folder, "conflicts", item.SHA256.String()+".db")
	if err := os.MkdirAll(filepath.Dir(aside), 0o755); err != nil {
		return games.Merged{}, fmt.Errorf("merge %s: %w", item.Place, err)
	}
	if err := os.Remove(aside); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a merge that was cut short
		return games.Merged{}, fmt.Errorf("merge %s: %w", item.Place, err)
	}
	merged, err := games.Merge(ctx, games.Merging{Source: source, SHA256: item.SHA256, Store: store, Aside: aside, Check: check})
	if err != nil {
		return merged, err
	}
	if merged.Conflicting > 0 {
		r.rt.Logger.Error("games are here with other content already; those of the file are kept aside",
			"file", item.Place.String(), "games", merged.Conflicting, "first", merged.Conflicts[0], "aside", aside)
		r.work.finding("%d games of %s are here with other content, such as %s", merged.Conflicting, item.Place, merged.Conflicts[0])
	}
	if merged.Faulty > 0 {
		r.rt.Logger.Warn("games are not complete and stay out", "file", item.Place.String(), "games", merged.Faulty, "reason", merged.Faults[0].Reason)
	}
	return merged, nil
}

// whenCorrupt looks at a file that made trouble, and puts it aside if that is proved to be its fault.
func (r *round) whenCorrupt(ctx context.Context, item data.Item, cause error) error {
	if cause == nil || ctx.Err() != nil {
		return cause
	}
	verdict, err := r.rt.Files.Verify(ctx, item)
	if err != nil || verdict.State != format.Corrupt {
		return errors.Join(cause, err)
	}
	if _, err := r.rt.Files.Quarantine(item, verdict); err != nil {
		return errors.Join(cause, err)
	}
	r.rt.Logger.Error("a corrupt file is in quarantine", "file", item.Place.String(), "reason", verdict.Reason)
	return cause
}
