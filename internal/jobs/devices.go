package jobs

import (
	"slices"
	"strings"
	"sync"
)

// devices hands out the GPUs of a node.
type devices struct {
	mutex sync.Mutex
	all   []string
	taken map[string]bool
}

func newDevices(all []string) devices {
	return devices{all: slices.Clone(all), taken: map[string]bool{}}
}

// take reserves devices until giveBack, and returns their names separated by commas.
func (d *devices) take(count int64) (names string, giveBack func(), err error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var free []string
	for _, device := range d.all {
		if !d.taken[device] {
			free = append(free, device)
		}
	}
	if int64(len(free)) < count {
		return "", nil, elsewhere(classNoDevice, "the job needs %d GPUs, %d of the node's %d are free", count, len(free), len(d.all))
	}
	chosen := free[:max(count, 0)]
	d.mark(chosen, true)
	return strings.Join(chosen, ","), func() {
		d.mutex.Lock()
		defer d.mutex.Unlock()
		d.mark(chosen, false)
	}, nil
}

func (d *devices) mark(names []string, taken bool) {
	for _, name := range names {
		d.taken[name] = taken
	}
}
