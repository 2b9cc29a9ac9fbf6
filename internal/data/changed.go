package data

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/data/format"
)

// Changed is a file that is not what it was, and what its name says: an item never changes, so somebody has written to it,
// or put another one in its place. It is no item any more, under either hash.
type Changed struct {
	Item     Item // what it was, but for the size
	SHA256   Sum  // what it is now
	identity identity
}

// Reason says what is wrong with it.
func (c Changed) Reason() string {
	return fmt.Sprintf("it was changed in its place: sha256 is %s, expected %s", c.SHA256, c.Item.SHA256)
}

// Changed returns the files that the last scan has found changed, by role, then name.
func (d *Dir) Changed() []Changed {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var all []Changed
	for _, one := range d.changed {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Changed) int { return strings.Compare(a.Item.Place.String(), b.Item.Place.String()) })
	return all
}

// QuarantineChanged moves the files away that the last scan has found changed, and returns them.
func (d *Dir) QuarantineChanged() ([]Quarantined, error) {
	var all []Quarantined
	for _, one := range d.Changed() {
		moved, err := d.quarantineChanged(one)
		if errors.Is(err, ErrChanged) || errors.Is(err, ErrNotHere) {
			continue // the next scan sees what it is now
		}
		if err != nil {
			return all, err
		}
		all = append(all, moved)
	}
	return all, nil
}

func (d *Dir) quarantineChanged(one Changed) (Quarantined, error) {
	d.placing.Lock()
	defer d.placing.Unlock()
	file, err := d.open(held{item: one.Item, identity: one.identity})
	if err != nil {
		return Quarantined{}, fmt.Errorf("quarantine %s: %w", one.Item.Place, err)
	}
	defer func() { _ = file.Close() }() // it was only looked at
	from, err := d.Path(one.Item.Place)
	if err != nil {
		return Quarantined{}, err
	}
	return d.putAside(from, one.Item, format.Verdict{State: format.Corrupt, Reason: one.Reason()})
}

// sumPattern finds the hash that a name is made from.
var sumPattern = regexp.MustCompile(`(?:^|-)([0-9a-f]{64})(?:\.|$)`)

// sum is the hash that a file's name says it has; zero if it says none.
func (p Place) sum() Sum {
	found := sumPattern.FindStringSubmatch(path.Base(p.Name))
	if found == nil {
		return Sum{}
	}
	sum, _ := ParseSum(found[1]) // it has the form of one
	return sum
}

// isChanged says that a file was what its name says, and is it no more. A name that is not known to have been true proves
// nothing: somebody may be copying the file here by hand.
func (s *scan) isChanged(ctx context.Context, one held, content Content) (bool, error) {
	named := one.item.Place.sum()
	if named.IsZero() || named == content.SHA256 {
		return false, nil
	}
	s.dir.mu.RLock()
	before := s.dir.held[one.item.Place]
	_, again := s.dir.changed[one.item.Place]
	s.dir.mu.RUnlock()
	if again || before.item.SHA256 == named {
		return true, nil
	}
	last, err := s.dir.index.last(ctx, one.identity)
	return last == named, err
}
