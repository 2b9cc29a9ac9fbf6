package autosync

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
)

// Priorities of wishes; what was found by comparison has none.
const (
	askedPriority  = 1
	urgentPriority = 2
)

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name {
	return []bus.Name{"SELFPLAY_COMPLETE", "NEW_GAMES_AVAILABLE", "HOST_ONLINE", "SYNC_REQUEST"}
}

// Handle implements host.Subscriber. All but requests for certain files only bring the next round forward; those are
// written to the journal, also while a round is under way.
func (d *daemon) Handle(ctx context.Context, event bus.Event) error {
	if event.Name != "SYNC_REQUEST" {
		return nil
	}
	request, err := bus.Decode[bus.SyncRequest](event)
	if err != nil {
		return err
	}
	if len(request.Items) == 0 || !slices.Contains(request.Targets, d.rt.Node) {
		return nil
	}
	wishes, err := d.read(request, event.Source)
	if err != nil {
		return fmt.Errorf("request of %s: %w", event.Source, err)
	}
	if len(wishes) == 0 {
		return nil
	}
	opened, err := openJournal(ctx, d.folder)
	if err != nil {
		return err
	}
	return errors.Join(opened.want(ctx, d.rt.Now(), wishes...), opened.close())
}

// read turns a request into wishes for what is not here.
func (d *daemon) read(request bus.SyncRequest, source string) ([]wish, error) {
	var wishes []wish
	for _, asked := range request.Items {
		sum, err := data.ParseSum(asked.SHA256)
		if err != nil {
			return nil, err
		}
		place := data.Place{Role: data.Role(asked.Role), Name: asked.Name}
		if place.Role == data.RoleStore || place.Role == data.RoleSegment {
			return nil, fmt.Errorf("%s: files of other nodes do not go to %s: use %s", place, place.Role, data.RoleSynced)
		}
		if _, err := d.rt.Files.Path(place); err != nil {
			return nil, err
		}
		if _, has := d.rt.Files.Has(place, sum); has {
			continue
		}
		w := wish{
			item: data.Item{Place: place, SHA256: sum, Bytes: asked.Bytes}, sources: asked.Sources, askedBy: source, priority: askedPriority,
		}
		if request.Urgent {
			w.priority = urgentPriority
		}
		wishes = append(wishes, w)
	}
	return wishes, nil
}
