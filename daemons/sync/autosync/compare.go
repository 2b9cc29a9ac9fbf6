package autosync

import (
	"context"
	"path"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/games"
)

// compare finds what the peers have and this node should have too, and forgets wishes that nobody can fulfil any
// more; should the file turn up again, so does the wish.
func (r *round) compare(ctx context.Context) error {
	found := map[data.Sum]wish{}
	if r.strategy.receivesGames(r.config.Roles) {
		for _, v := range r.views {
			for _, item := range v.items {
				r.consider(ctx, v.Node, item, found)
			}
		}
	}
	known, err := r.wishes(ctx)
	if err != nil {
		return err
	}
	var gone []data.Sum
	for _, w := range known {
		_, offered := found[w.item.SHA256]
		if w.askedBy == "" && !offered {
			gone = append(gone, w.item.SHA256)
		}
		delete(found, w.item.SHA256)
	}
	if len(gone) > 0 {
		if err := r.forget(ctx, gone); err != nil {
			return err
		}
	}
	fresh := make([]wish, 0, len(found))
	for _, w := range found {
		fresh = append(fresh, w)
	}
	if len(fresh) == 0 {
		return nil
	}
	return r.want(ctx, r.rt.Now(), fresh...)
}

// consider adds a peer's item to what is missing here.
func (r *round) consider(ctx context.Context, node string, item data.Item, found map[data.Sum]wish) {
	place, games := arrivalPlace(node, item)
	if !games || item.ConfigKey == "" {
		return
	}
	if known, listed := found[item.SHA256]; listed {
		if item.Role == data.RoleSegment { // who cut it decides where it lies
			known.item.Place = place
			found[item.SHA256] = known
		}
		return
	}
	if len(r.rt.Files.Find(item.SHA256)) > 0 {
		return
	}
	if _, has := r.mergedInto(ctx, item.ConfigKey)[item.SHA256]; has {
		return
	}
	if _, err := r.rt.Files.Path(place); err != nil {
		r.work.finding("node %s offers a file that has no place here: %v", node, err)
		return
	}
	found[item.SHA256] = wish{item: data.Item{Place: place, SHA256: item.SHA256, Bytes: item.Bytes, ConfigKey: item.ConfigKey}}
}

// arrivalPlace is where a peer's file of games lies here: below the node that cut it, wherever it is fetched from.
func arrivalPlace(node string, item data.Item) (place data.Place, games bool) {
	switch item.Role {
	case data.RoleSegment:
		return data.Place{Role: data.RoleSynced, Name: path.Join(node, item.Name)}, true
	case data.RoleSynced:
		return item.Place, true
	}
	return data.Place{}, false
}

// mergedInto returns what the store of a config has merged; nil: it cannot be read, which holds up no other one.
func (r *round) mergedInto(ctx context.Context, configKey string) map[data.Sum]int64 {
	known, looked := r.merged[configKey]
	if looked {
		return known
	}
	store, err := r.rt.Files.Path(storeOf(configKey))
	if err == nil {
		known, err = games.MergedSources(ctx, store)
	}
	if err != nil {
		r.work.fault(err)
	}
	r.merged[configKey] = known
	return known
}
