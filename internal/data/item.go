package data

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// Place is where a file lies: the folder of its role, and its name in there.
type Place struct {
	Role Role   `json:"role"`
	Name string `json:"name"` // slash-separated
}

// String returns the place as role/name.
func (p Place) String() string { return string(p.Role) + "/" + p.Name }

// apart is where a file lies whose name another one has.
func (p Place) apart(sum Sum) Place {
	folder, base := path.Split(p.Name)
	stem, suffix := base, ""
	if dot := strings.IndexByte(base, '.'); dot > 0 {
		stem, suffix = base[:dot], base[dot:]
	}
	mark := "-" + sum.String() + suffix
	p.Name = folder + stem[:min(len(stem), max(maxPart-len(mark), 1))] + mark
	return p
}

// Item is one file of a node as others know it.
type Item struct {
	Place
	SHA256    Sum       `json:"sha256,omitzero"` // absent for a live database
	Bytes     int64     `json:"bytes"`
	ConfigKey string    `json:"config_key,omitempty"` // as its name tells; absent if unknown
	Modified  time.Time `json:"modified"`
	Live      bool      `json:"live,omitempty"` // it changes while it is there, so it has no hash
}

// check says what is wrong with an item that shall arrive.
func (i Item) check() error {
	switch {
	case i.SHA256.IsZero():
		return fmt.Errorf("item %s has no sha256: declare it", i.Place)
	case i.Bytes < 0 || i.Bytes > MaxItemBytes:
		return fmt.Errorf("item %s has %d bytes, 0 to %d are allowed", i.Place, i.Bytes, int64(MaxItemBytes))
	}
	return nil
}

// MaxItemBytes bounds one item, and with it the list of its marks to 2 MiB.
const MaxItemBytes = 256 << 30
