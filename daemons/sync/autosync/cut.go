package autosync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
)

const (
	// ownStores begin the names of the stores that this daemon merges into.
	ownStores = "canonical_"
	// cutGames are put into one segment at most.
	cutGames = 1000
)

// storeOf is the store that games of a config are merged into.
func storeOf(configKey string) data.Place {
	return data.Place{Role: data.RoleStore, Name: ownStores + configKey + ".db"}
}

// cutStores makes segments of what other programs wrote into live stores. One store that cannot be read does not
// keep the others waiting.
func (r *round) cutStores(ctx context.Context) error {
	for _, item := range r.rt.Files.Inventory().Items {
		if !item.Live || strings.HasPrefix(item.Name, ownStores) || r.quiet[item.Name].Equal(item.Modified) {
			continue
		}
		if item.ConfigKey == "" {
			r.work.finding("%s tells no config by its name, such as selfplay_hex8_2p.db: its games stay where they are", item.Place)
			continue
		}
		if err := r.cutStore(ctx, item); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.work.fault(err)
		}
	}
	return nil
}

func (r *round) cutStore(ctx context.Context, item data.Item) error {
	from, err := r.rt.Files.Path(item.Place)
	if err != nil {
		return err
	}
	into := filepath.Join(r.folder, "cutting.db")
	defer func() { _ = os.Remove(into) }() // the next cut would replace it
	for {
		segment, err := r.cutter.Cut(ctx, item.Name, from, into, cutGames)
		if err != nil {
			return err
		}
		if segment.Faulty > 0 {
			r.work.finding("%d games of %s say that they are over and are not complete, such as %s: %s",
				segment.Faulty, item.Place, segment.Faults[0].GameID, segment.Faults[0].Reason)
		}
		if len(segment.Games) == 0 {
			r.quiet[item.Name] = item.Modified
			return nil
		}
		if !segment.More && len(segment.Games) < r.config.MinimumGames && !r.isQuiet(item) {
			return nil // they come with others
		}
		added, err := r.rt.Files.AddFile(ctx, into, data.RoleSegment, func(content data.Content) string {
			return path.Join(item.ConfigKey, content.SHA256.String()+".db")
		})
		if err != nil {
			return err
		}
		if err := r.cutter.Confirm(ctx, segment, added.SHA256); err != nil {
			return err
		}
		if err := os.Remove(into); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove %s: %w", into, err)
		}
		if !segment.More {
			return nil
		}
	}
}

// isQuiet says that few games are not to wait for more. A store of the future was last written before the clock stepped back.
func (r *round) isQuiet(item data.Item) bool {
	return r.strategy == ephemeral || r.rt.Now().Sub(item.Modified).Abs() > max(r.config.QuietAfter, time.Millisecond)
}
