package data

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// MaxPage is the largest number of items in a Page.
const MaxPage = 1000

// Page is a part of an inventory. Next is where the following page begins; it is empty on the last one.
// Pages of different versions belong to different states of the node: whoever needs one state reads again.
type Page struct {
	Inventory
	Next string `json:"next,omitempty"`
}

// Inventory returns the last scan, with what arrived or went since. The items belong to the Dir: read only.
func (d *Dir) Inventory() Inventory {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listed == nil {
		d.listed = &Inventory{
			Node: d.config.Node, Taken: d.scanned.taken, Items: d.sortedItems(),
			Pending: d.scanned.pending, Ignored: d.scanned.ignored, Truncated: d.scanned.truncated,
		}
		d.listed.Version = version(d.listed.Items)
	}
	return *d.listed
}

// Page returns the items that follow a place (role/name; empty: from the beginning), at most MaxPage.
func (d *Dir) Page(after string, limit int) Page {
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	page := Page{Inventory: d.Inventory()}
	items := page.Items
	items = items[sort.Search(len(items), func(i int) bool { return items[i].Place.String() > after }):]
	if len(items) > limit {
		items = items[:limit]
		page.Next = items[limit-1].Place.String()
	}
	page.Items = items
	return page
}

// Find returns the items with these bytes.
func (d *Dir) Find(sum Sum) []Item {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var items []Item
	for _, place := range d.places[sum] {
		items = append(items, d.held[place].item)
	}
	return items
}

// Lookup returns the item at a place.
func (d *Dir) Lookup(place Place) (Item, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	one, found := d.held[place]
	return one.item, found
}

func (d *Dir) sortedItems() []Item {
	items := make([]Item, 0, len(d.held))
	for _, one := range d.held {
		items = append(items, one.item)
	}
	slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.Place.String(), b.Place.String()) })
	return items
}

func version(items []Item) Sum {
	hash := sha256.New()
	for _, item := range items {
		fmt.Fprintln(hash, item.Place, item.SHA256, item.Bytes)
		if item.Live {
			fmt.Fprintln(hash, item.Modified.UnixNano())
		}
	}
	return Sum(hash.Sum(nil))
}

// remember adds an item that arrived.
func (d *Dir) remember(item Item, file identity) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgetLocked(item.Place)
	d.changes++
	d.held[item.Place] = held{item: item, identity: file, change: d.changes}
	d.places[item.SHA256] = append(d.places[item.SHA256], item.Place)
	d.listed = nil
}

// forget takes away an item that went.
func (d *Dir) forget(place Place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgetLocked(place)
	d.changes++
	d.gone[place] = d.changes
}

func (d *Dir) forgetLocked(place Place) {
	delete(d.changed, place)
	one, found := d.held[place]
	if !found {
		return
	}
	delete(d.held, place)
	d.listed = nil
	rest := slices.DeleteFunc(d.places[one.item.SHA256], func(p Place) bool { return p == place })
	if len(rest) == 0 {
		delete(d.places, one.item.SHA256)
		return
	}
	d.places[one.item.SHA256] = rest
}
