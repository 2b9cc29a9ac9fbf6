package dataserver

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
)

const (
	// toldKey names the checkpoint with the files in quarantine that were told of.
	toldKey = "quarantine-told"
	// shownQuarantined is how many of them health lists.
	shownQuarantined = 10
)

// putAsideChanged puts those items aside that somebody has changed in their place: other nodes have what they were.
func (d *daemon) putAsideChanged() error {
	moved, err := d.rt.Files.QuarantineChanged()
	for _, one := range moved {
		d.rt.Logger.Error("a file that must not change was changed, and is in quarantine", "file", one.Item.Place.String(), "reason", one.Reason)
	}
	return err
}

// tellQuarantined tells of each file in quarantine once. It looks at the folder and not at what this copy has put
// there: another daemon of the node may have done that, or a copy that was killed before it could tell.
func (d *daemon) tellQuarantined(ctx context.Context) error {
	files, err := d.rt.Files.QuarantinedFiles()
	if err != nil {
		return err
	}
	d.show(files)
	before, err := d.loadTold(ctx)
	if err != nil {
		return err
	}
	told, changed := map[string]bool{}, len(before) > len(files)
	for _, file := range files {
		told[file.File] = true
		if before[file.File] {
			continue
		}
		changed = true
		if err := d.rt.Bus.Publish(ctx, bus.DataQuarantined{
			Config: bus.ConfigOf(file.Item.ConfigKey), NodeID: d.rt.Node, Role: string(file.Item.Role), Name: file.Item.Name,
			SHA256: file.Item.SHA256.String(), Reason: file.Reason, Genuine: file.Genuine, File: file.File,
		}); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	text, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("write which files in quarantine were told of: %w", err)
	}
	return d.rt.Bus.Save(ctx, toldKey, text)
}

func (d *daemon) loadTold(ctx context.Context) (map[string]bool, error) {
	told := map[string]bool{}
	text, found, err := d.rt.Bus.Load(ctx, toldKey)
	if err != nil || !found {
		return told, err
	}
	if err := json.Unmarshal(text, &told); err != nil {
		return nil, fmt.Errorf("read which files in quarantine were told of: %w", err)
	}
	return told, nil
}

// show lets health list the last ones.
func (d *daemon) show(files []data.Quarantined) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.quarantined = nil
	for _, file := range files[max(len(files)-shownQuarantined, 0):] {
		d.state.quarantined = append(d.state.quarantined, fmt.Sprintf("%s: %s", file.Item.Place, file.Reason))
	}
}
