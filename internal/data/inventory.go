package data

import (
	"context"
	"fmt"
	"time"
)

// maxItems bounds what a node keeps track of.
const maxItems = 200_000

// ScanLimits bounds one call of Scan. The zero value is for use.
type ScanLimits struct {
	HashBytes int64 // hash no further file after this many bytes; 0 means 8 GiB
}

// Inventory says which files a node holds.
type Inventory struct {
	Node      string    `json:"node"`
	Taken     time.Time `json:"taken"`   // when the scan ended
	Version   Sum       `json:"version"` // equal versions list equal items
	Items     []Item    `json:"items"`   // by role, then name
	Pending   int       `json:"pending"` // files that are not hashed yet, or still being written
	Ignored   int       `json:"ignored"` // files whose names are not allowed, links, devices
	Truncated bool      `json:"truncated,omitempty"`
}

// scanResult is an Inventory without its items.
type scanResult struct {
	taken            time.Time
	pending, ignored int
	truncated        bool
}

// Scan looks which files are there and hashes those that are new or changed, within the limits: what is
// left counts as pending, and the next call goes on.
func (d *Dir) Scan(ctx context.Context, limits ScanLimits) (Inventory, error) {
	d.scanning.Lock()
	defer d.scanning.Unlock()
	if limits.HashBytes == 0 {
		limits.HashBytes = 8 << 30
	}
	d.mu.RLock()
	s := &scan{dir: d, begin: d.changes, budget: limits.HashBytes, found: map[Place]held{}, changed: map[Place]Changed{}}
	d.mu.RUnlock()
	for _, folder := range Layout() {
		if err := s.walk(ctx, d.folders[folder.Role]); err != nil {
			return Inventory{}, fmt.Errorf("scan %s: %w", folder.Path, err)
		}
	}
	if err := d.index.retain(ctx, s.identities()); err != nil {
		return Inventory{}, err
	}
	d.keep(s)
	return d.Inventory(), nil
}

// keep makes a scan what the Dir knows, together with what arrived or went since the scan began.
func (d *Dir) keep(s *scan) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for place, change := range d.gone {
		if change > s.begin {
			delete(s.found, place)
			delete(s.changed, place)
		}
	}
	clear(d.gone)
	for place, one := range d.held {
		if one.change > s.begin {
			s.found[place] = one
			delete(s.changed, place)
		}
	}
	d.held, d.changed = s.found, s.changed
	d.places = map[Sum][]Place{}
	for place, one := range d.held {
		if !one.item.Live {
			d.places[one.item.SHA256] = append(d.places[one.item.SHA256], place)
		}
	}
	s.taken = d.config.Now().UTC()
	d.scanned, d.listed = s.scanResult, nil
}
