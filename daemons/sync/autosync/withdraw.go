package autosync

import (
	"context"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/jobs"
)

// withdrawAll takes games out of the stores that were played to judge models: builds of before have merged these too. What
// is such a game is known from the files that are here; whatever else a store has stays. It returns whether some are left
// for the next round.
func (r *round) withdrawAll(ctx context.Context) (more bool, err error) {
	overtime := r.overtime()
	for _, item := range r.rt.Files.Inventory().Items {
		if !isSegment(item) || !jobs.PlayedToJudge(item.Name) {
			continue
		}
		known := r.mergedInto(ctx, item.ConfigKey)
		if _, has := known[item.SHA256]; !has {
			continue
		}
		if overtime() {
			return true, nil
		}
		if err := r.withdraw(ctx, item); err != nil {
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			r.work.fault(err)
			continue
		}
		delete(known, item.SHA256)
	}
	return false, nil
}

func (r *round) withdraw(ctx context.Context, item data.Item) error {
	withdrawal := games.Withdrawal{SHA256: item.SHA256}
	var err error
	if withdrawal.Source, err = r.rt.Files.Path(item.Place); err != nil {
		return err
	}
	if withdrawal.Store, err = r.rt.Files.Path(storeOf(item.ConfigKey)); err != nil {
		return err
	}
	for _, other := range r.rt.Files.Inventory().Items {
		if !forStore(other) || other.ConfigKey != item.ConfigKey {
			continue
		}
		path, err := r.rt.Files.Path(other.Place)
		if err != nil {
			return err
		}
		withdrawal.Others = append(withdrawal.Others, path)
	}
	removed, err := games.Withdraw(ctx, withdrawal)
	if err != nil {
		return r.whenCorrupt(ctx, item, err)
	}
	r.rt.Logger.Warn("games that were played to judge models are taken out of the store that is learnt from",
		"store", storeOf(item.ConfigKey).String(), "file", item.Place.String(), "games", removed)
	r.work.finding("%d games of %s were in %s, and are taken out: they were played to judge models", removed, item.Place, storeOf(item.ConfigKey))
	return nil
}
