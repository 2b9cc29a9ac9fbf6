//go:build acceptance

package cluster

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
)

// process is a living process of a job, as /proc tells it: by the variables that every command of the contract is
// given, and its descendants inherit.
type process struct {
	PID    int
	Parent int
	Start  string // in ticks since boot; with the pid it names one process for ever
	Job    string
	// Attempt and Home tell one attempt from another: Home lies in the data folder of its node.
	Attempt string
	Home    string
}

func (p process) String() string {
	return fmt.Sprintf("pid %d of job %s attempt %s in %s", p.PID, p.Job, p.Attempt, p.Home)
}

// lives says whether the same process is still there.
func (p process) lives() bool {
	now, alive := readProcess(p.PID)
	return alive && now.Start == p.Start
}

// jobProcesses are all living processes of jobs below a data folder.
func jobProcesses(folder string) (found []process) {
	entries, _ := filepath.Glob("/proc/[0-9]*") // the pattern is valid
	for _, entry := range entries {
		pid, _ := strconv.Atoi(filepath.Base(entry)) // the pattern is of digits
		p, alive := readProcess(pid)
		if alive && p.Job != "" && strings.HasPrefix(p.Home, folder+"/") && !isShim(pid) {
			found = append(found, p)
		}
	}
	return found
}

// readProcess reads one process; what has ended, a zombie too, does not live.
func readProcess(pid int) (p process, alive bool) {
	fields, err := statOf(pid)
	if err != nil || fields[0] == "Z" || fields[0] == "X" {
		return p, false
	}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return p, false
	}
	p = process{PID: pid, Start: fields[19]}
	p.Parent, _ = strconv.Atoi(fields[1]) // the kernel writes a number
	for variable := range strings.SplitSeq(string(environ), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case workload.EnvironmentJobID:
			p.Job = value
		case workload.EnvironmentAttempt:
			p.Attempt = value
		case "HOME":
			p.Home = value
		}
	}
	return p, true
}

// statOf are the fields of /proc/<pid>/stat behind the name, its state first.
func statOf(pid int) ([]string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])), nil
}

func isShim(pid int) bool {
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil && filepath.Base(program) == "shim"
}

// shims are the processes that hold the commands.
func shims(all []process) (pids []int) {
	seen := map[int]bool{}
	for _, p := range all {
		if isShim(p.Parent) && !seen[p.Parent] {
			seen[p.Parent] = true
			pids = append(pids, p.Parent)
		}
	}
	return pids
}

// family are the processes of the attempt that a shim holds.
func family(all []process, shim int) (found []process) {
	home := ""
	for _, p := range all {
		if p.Parent == shim {
			home = p.Home
		}
	}
	for _, p := range all {
		if p.Home == home {
			found = append(found, p)
		}
	}
	return found
}
