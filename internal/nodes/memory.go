package nodes

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/shirou/gopsutil/v4/mem"
)

// measureMemory is what the machine has, or less where a control group limits this process.
func measureMemory(ctx context.Context) (Space, error) {
	machine, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return Space{}, err
	}
	space := Space{Total: machine.Total, Free: machine.Available}
	group, err := os.ReadFile("/proc/self/cgroup")
	if errors.Is(err, fs.ErrNotExist) {
		return space, nil
	}
	if err != nil {
		return Space{}, err
	}
	return limited(space, "/sys/fs/cgroup", string(group))
}

// limited applies the memory limits of a group of cgroup v2 and of those above it. Where that is not mounted there
// is nothing to apply.
func limited(space Space, mount, groups string) (Space, error) {
	for line := range strings.Lines(groups) {
		path, found := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !found {
			continue
		}
		for {
			if err := limit(&space, filepath.Join(mount, path)); err != nil {
				return Space{}, err
			}
			if path == "/" || path == "." || path == "" {
				return space, nil
			}
			path = filepath.Dir(path)
		}
	}
	return space, nil
}

func limit(space *Space, group string) error {
	most, err := readBytes(filepath.Join(group, "memory.max"))
	if err != nil || most == nil {
		return err
	}
	used, err := readBytes(filepath.Join(group, "memory.current"))
	if err != nil || used == nil {
		return err
	}
	space.Total = min(space.Total, *most)
	space.Free = min(space.Free, *most-min(*used, *most))
	return nil
}

// readBytes returns nil for a file that is not there or says that there is no limit.
func readBytes(path string) (*uint64, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && strings.TrimSpace(string(text)) == "max" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	value, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return &value, err
}
