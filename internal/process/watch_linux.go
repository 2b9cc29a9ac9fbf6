package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

const (
	watchInterval = 250 * time.Millisecond
	// watchShare bounds what looks cost: one part in so many of a processor.
	watchShare = 200
	// oomRefresh is how old the kernel's counter may be that an end is compared with.
	oomRefresh = 10 * time.Second
	vmstatSize = 8 << 10
)

// watch measures the tree against its limits. Looks become rarer where they are dear, as for a large tree, or without
// lists of children on a machine of many processes, but for the moments when the machine starts many.
type watch struct {
	limits  Limits
	group   *cgroup // nil where there is none
	tick    <-chan time.Time
	lookAt  time.Time
	lastPID int
}

func newWatch(limits Limits, group *cgroup) *watch {
	w := &watch{limits: limits, group: group, lastPID: lastPID()}
	if limits.Processes > 0 || limits.Memory > 0 {
		w.tick = time.Tick(watchInterval)
	}
	return w
}

// due says whether to look now.
func (w *watch) due() bool {
	if !time.Now().Before(w.lookAt) {
		return true
	}
	if w.limits.Processes == 0 {
		return false
	}
	started := lastPID() - w.lastPID // negative where the numbers began anew
	return started < 0 || started > w.limits.Processes/4
}

// look returns the limit that is exceeded, with figures; an empty cause if none is.
func (w *watch) look() (Cause, string) {
	began := time.Now()
	tree := w.tree()
	w.lookAt, w.lastPID = began.Add(watchShare*time.Since(began)), lastPID()
	if count := len(tree); w.limits.Processes > 0 && count > w.limits.Processes {
		return CauseProcessLimit, fmt.Sprintf("%d processes, allowed are %d", count, w.limits.Processes)
	}
	if used := w.memory(tree); w.limits.Memory > 0 && used > w.limits.Memory {
		return CauseOutOfMemory, fmt.Sprintf("%d processes used %d bytes of memory, allowed are %d", len(tree), used, w.limits.Memory)
	}
	return "", ""
}

func (w *watch) tree() []entry {
	if w.group == nil {
		found, _ := below(os.Getpid()) // nothing if /proc cannot be read: there is another look
		return found
	}
	var tree []entry
	buffer := make([]byte, statSize)
	for _, pid := range w.group.processes() {
		if one, found := readEntry(pid, buffer); found {
			tree = append(tree, one)
		}
	}
	return tree
}

// memory is what the tree uses. Shares are dear to compute: they are, if resident sizes exceed the limit.
func (w *watch) memory(tree []entry) (sum int64) {
	for _, one := range tree {
		sum += one.resident
	}
	if sum <= w.limits.Memory {
		return sum
	}
	sum = 0
	for _, one := range tree {
		sum += one.proportional()
	}
	return sum
}

// oomCounter tells whether the kernel has killed processes for want of memory lately: those of a control group that counts
// them, or else any of the machine.
type oomCounter struct {
	path  string // of the kernel's file
	value int64  // -1 if the kernel does not count
	at    time.Time
}

func newOOMCounter(group *cgroup) oomCounter {
	c := oomCounter{path: "/proc/vmstat"}
	if group != nil && readOOMKills(group.memoryEvents()) >= 0 {
		c.path = group.memoryEvents()
	}
	c.read()
	return c
}

func (c *oomCounter) read() { c.value, c.at = readOOMKills(c.path), time.Now() }

func (c *oomCounter) refresh() {
	if time.Since(c.at) > oomRefresh {
		c.read()
	}
}

func (c *oomCounter) rose() bool { return c.value >= 0 && readOOMKills(c.path) > c.value }

// readOOMKills finds the counter in a file of the kernel; -1 if it has none.
func readOOMKills(path string) int64 {
	text, err := readProc(path, make([]byte, vmstatSize))
	if err != nil {
		return -1
	}
	for line := range bytes.Lines(text) {
		if value, found := bytes.CutPrefix(line, []byte("oom_kill ")); found {
			if count, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64); err == nil {
				return count
			}
		}
	}
	return -1
}

// lastPID is the number that the kernel gave to its latest process; 0 if it does not tell.
func lastPID() int {
	text, err := readProc("/proc/loadavg", make([]byte, statSize))
	if fields := bytes.Fields(text); err == nil && len(fields) > 4 {
		if pid, err := strconv.Atoi(string(fields[4])); err == nil {
			return pid
		}
	}
	return 0
}
