package local

import (
	"fmt"
	"os"
	"strings"
)

// identify returns what tells the process from any later one with the same pid: the kernel's start time.
// It is empty for a process that is gone, or dead and only not reaped yet.
func identify(pid int) (string, error) {
	const state, startTime = 0, 19 // fields of proc_pid_stat(5), counted after the name
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", nil //nolint:nilerr // no such process, or one that ended while we looked
	}
	_, rest, found := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if !found || len(fields) <= startTime {
		return "", fmt.Errorf("read start time of pid %d: unknown format of /proc/%d/stat", pid, pid)
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return "", nil
	}
	return fields[startTime], nil
}
