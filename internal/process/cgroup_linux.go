package process

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A control group holds a command and all that descends from it, whatever they do to their sessions and
// environments, and ends it in one step. It needs cgroup v2 and the right to make a group, as a systemd
// unit with Delegate= has; elsewhere commands run without one.
const cgroupPrefix = "ringrift."

type cgroup struct{ path string }

// makeCgroup returns nil where no group can be made.
func makeCgroup(marker string) *cgroup {
	parent, err := ownCgroup()
	if err != nil {
		return nil
	}
	g := &cgroup{filepath.Join(parent, cgroupPrefix+marker)}
	if os.Mkdir(g.path, 0o755) != nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(g.path, "cgroup.kill")); err != nil {
		g.remove() // a kernel before 5.14
		return nil
	}
	return g
}

// ownCgroup is the folder of the group that this process is in.
func ownCgroup() (string, error) {
	mount, err := cgroupMount()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if path, found := strings.CutPrefix(strings.TrimSpace(line), "0::"); found {
			return filepath.Join(mount, path), nil
		}
	}
	return "", errors.New("no cgroup v2")
}

// cgroupMount is where cgroup v2 is mounted; /proc/self/mounts writes blanks in paths as \040, and a path
// with any is none that a distribution uses.
func cgroupMount() (string, error) {
	file, err := os.Open("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 2 && fields[2] == "cgroup2" {
			return fields[1], nil
		}
	}
	return "", errors.New("cgroup v2 is not mounted")
}

// open returns the group's folder for a process to be started in it; nil without a group.
func (g *cgroup) open() (*os.File, error) {
	if g == nil {
		return nil, nil
	}
	return os.Open(g.path)
}

// kill ends all that is in the group.
func (g *cgroup) kill() {
	if g != nil {
		_ = os.WriteFile(filepath.Join(g.path, "cgroup.kill"), []byte("1"), 0) // processes are also killed one by one
	}
}

// remove says whether the group is gone. It stays while processes are in it, for a moment also dead ones.
func (g *cgroup) remove() bool {
	if g == nil {
		return true
	}
	err := os.Remove(g.path)
	return err == nil || errors.Is(err, fs.ErrNotExist)
}

// dissolve waits a little for the dead ones. What stays nonetheless is for the next sweep.
func (g *cgroup) dissolve() {
	for tries := 0; tries < 100 && !g.remove(); tries++ {
		time.Sleep(killRetry)
	}
}

// processes are the ids of those that live in the group.
func (g *cgroup) processes() []int {
	return readPIDs(filepath.Join(g.path, "cgroup.procs"))
}

// memoryEvents is the file in which the kernel counts what came of a want of memory; it is there if the group has the
// memory controller.
func (g *cgroup) memoryEvents() string { return filepath.Join(g.path, "memory.events") }

// findCgroups returns the groups of a marker or a scope.
func findCgroups(marker string) (found []*cgroup) {
	parent, err := ownCgroup()
	if err != nil {
		return nil
	}
	paths, _ := filepath.Glob(filepath.Join(parent, cgroupPrefix+"*")) // markers have no special characters
	for _, path := range paths {
		if marks(marker, strings.TrimPrefix(filepath.Base(path), cgroupPrefix)) {
			found = append(found, &cgroup{path})
		}
	}
	return found
}
