package process

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of CPU time in /proc: 1/100 s on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// statSize is enough for any line of /proc/PID/stat.
const statSize = 1 << 10

// entry is what /proc tells about one process.
type entry struct {
	pid, parent, group, session int
	state                       byte
	cpu                         time.Duration // its own and that of the children it has waited for
	threads                     int
	start                       uint64 // in clock ticks since boot: tells it from a later one with its pid
	resident                    int64  // bytes
}

// alive says that the process is not merely waiting to be reaped.
func (e entry) alive() bool { return e.state != 'Z' && e.state != 'X' }

// table is all processes at about one moment.
type table map[int]entry

// processes reads the table. A process that ends meanwhile is left out.
func processes() (table, error) {
	folder, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	all, buffer := table{}, make([]byte, statSize)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue // not a process
		}
		if one, found := readEntry(pid, buffer); found {
			all[pid] = one
		}
	}
	return all, nil
}

// readEntry reads /proc/PID/stat.
func readEntry(pid int, buffer []byte) (entry, bool) {
	text, err := readProc("/proc/"+strconv.Itoa(pid)+"/stat", buffer)
	if err != nil {
		return entry{}, false
	}
	return parseEntry(pid, text)
}

// readProc reads a file of the kernel's past the Go runtime's files, which would cost several times as much. The text
// is in the buffer if it is large enough.
func readProc(path string, buffer []byte) ([]byte, error) {
	descriptor, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(descriptor) // it is only read from
	for text := buffer[:0]; ; {
		text = slices.Grow(text, 1)
		n, err := unix.Read(descriptor, text[len(text):cap(text)])
		if err != nil || n <= 0 {
			return text, err
		}
		text = text[:len(text)+n]
	}
}

// parseEntry reads the fields of proc_pid_stat(5) that follow the name, which may contain anything.
func parseEntry(pid int, stat []byte) (entry, bool) {
	const (
		state, parent, group, session = 0, 1, 2, 3
		firstTime, lastTime           = 11, 14
		threads, start, resident      = 17, 19, 21
	)
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) <= resident {
		return entry{}, false
	}
	number := func(field int) int64 {
		value, _ := strconv.ParseInt(string(fields[field]), 10, 64) // the kernel writes numbers
		return value
	}
	one := entry{
		pid: pid, parent: int(number(parent)), group: int(number(group)), session: int(number(session)),
		state: fields[state][0], threads: int(number(threads)), start: uint64(number(start)), resident: number(resident) * int64(os.Getpagesize()),
	}
	for field := firstTime; field <= lastTime; field++ {
		one.cpu += time.Duration(number(field)) * clockTick
	}
	return one, true
}

// descendants returns all that hangs below a process, itself excluded, zombies included.
func (t table) descendants(root int) []entry {
	children := map[int][]int{}
	for _, one := range t {
		children[one.parent] = append(children[one.parent], one.pid)
	}
	var found []entry
	for open := children[root]; len(open) > 0; {
		one := t[open[0]]
		found = append(found, one)
		open = append(open[1:], children[one.pid]...)
	}
	return found
}

// proportional is a process's share of memory in bytes, in which shared pages count in parts; its resident
// size if the kernel does not tell.
func (e entry) proportional() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", e.pid))
	if err != nil {
		return e.resident
	}
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) > 1 && string(fields[0]) == "Pss:" {
			if kibibytes, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
				return kibibytes << 10
			}
		}
	}
	return e.resident
}

// sinceBoot is a clock that also counts the time a machine is suspended or a container frozen.
func sinceBoot() time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) // it fails for an unknown clock only
	return time.Duration(now.Nano())
}
