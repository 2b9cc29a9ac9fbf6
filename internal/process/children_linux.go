package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// below returns what hangs below a process, itself excluded, zombies included. It asks the kernel for the children of
// each, which costs a small part of what the table of all processes does, but may miss some while others end: good
// enough to measure, not to be sure that nobody is left.
func below(root int) ([]entry, error) {
	if _, err := os.Stat(childrenFile(os.Getpid(), os.Getpid())); err != nil {
		all, err := processes() // a kernel without CONFIG_PROC_CHILDREN
		return all.descendants(root), err
	}
	buffer := make([]byte, statSize)
	var found []entry
	for open := children(root, 2); len(open) > 0; open = open[1:] {
		if one, exists := readEntry(open[0], buffer); exists {
			found = append(found, one)
			open = append(open, children(one.pid, one.threads)...)
		}
	}
	return found, nil
}

// children are those of each thread of a process.
func children(pid, threads int) (pids []int) {
	if threads <= 1 {
		return readPIDs(childrenFile(pid, pid))
	}
	folder, err := os.Open(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil // it has ended
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(-1) // as above
	for _, name := range names {
		if thread, err := strconv.Atoi(name); err == nil {
			pids = append(pids, readPIDs(childrenFile(pid, thread))...)
		}
	}
	return pids
}

func childrenFile(pid, thread int) string {
	return fmt.Sprintf("/proc/%d/task/%d/children", pid, thread)
}

// readPIDs reads a file of process ids; none if it is not there any more.
func readPIDs(file string) (pids []int) {
	text, _ := readProc(file, make([]byte, statSize))
	for field := range bytes.FieldsSeq(text) {
		if pid, err := strconv.Atoi(string(field)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
