//go:build acceptance

package programs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/stretchr/testify/require"
)

// A process is known by two variables of its environment, which its file gives it and its descendants inherit. Nothing
// of that is known to the code under test.
const (
	tokenVariable  = "RIG_TOKEN"
	daemonVariable = "RIG_DAEMON" // the copy that it belongs to; without it any
)

// process is a living process of a daemon, as /proc tells it.
type process struct {
	PID, Parent int
	Session     int    // the pid of the main process of its copy, unless it has left for one of its own
	Start       string // in ticks since boot; with the pid it names one process for ever
	Daemon      string
	Command     string
}

func (p process) String() string { return fmt.Sprintf("pid %d of %s (%s)", p.PID, p.Daemon, p.Command) }

// lives says whether the same process is still there.
func (p process) lives() bool {
	fields, err := statOf(p.PID)
	return err == nil && fields[19] == p.Start && fields[0] != "Z" && fields[0] != "X"
}

// processesOf are all living processes that carry a token.
func processesOf(token string) (found []process) {
	entries, _ := filepath.Glob("/proc/[0-9]*") // the pattern is valid
	for _, entry := range entries {
		environ, err := os.ReadFile(filepath.Join(entry, "environ"))
		if err != nil || !bytes.Contains(environ, []byte(tokenVariable+"="+token)) {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(entry)) // the pattern is of digits
		fields, err := statOf(pid)
		if err != nil || fields[0] == "Z" || fields[0] == "X" {
			continue // it has ended
		}
		p := process{PID: pid, Start: fields[19]}
		p.Parent, _ = strconv.Atoi(fields[1]) // the kernel writes numbers
		p.Session, _ = strconv.Atoi(fields[3])
		command, _ := os.ReadFile(filepath.Join(entry, "cmdline"))
		p.Command = strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " "))
		for variable := range strings.SplitSeq(string(environ), "\x00") {
			if value, is := strings.CutPrefix(variable, daemonVariable+"="); is {
				p.Daemon = value
			}
		}
		found = append(found, p)
	}
	return found
}

// statOf are the fields of /proc/<pid>/stat behind the name, its state first.
func statOf(pid int) ([]string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])), nil
}

// processes are those of the rig's daemons.
func (r *rig) processes() []process { return processesOf(r.token) }

// pids are the processes of one daemon.
func (r *rig) pids(daemon string) (pids []int) {
	for _, one := range r.processes() {
		if one.Daemon == daemon {
			pids = append(pids, one.PID)
		}
	}
	slices.Sort(pids)
	return pids
}

// copiesOf are the sessions in which each daemon runs: one for each copy.
func copiesOf(all []process) map[string][]int {
	copies := map[string][]int{}
	for _, one := range all {
		if one.Daemon != "" && !slices.Contains(copies[one.Daemon], one.Session) {
			copies[one.Daemon] = append(copies[one.Daemon], one.Session)
		}
	}
	for _, sessions := range copies {
		slices.Sort(sessions)
	}
	return copies
}

// copies are the main processes of a daemon.
func (r *rig) copies(daemon string) []int { return copiesOf(r.processes())[daemon] }

// shims are the processes that hold the daemons' processes.
func (r *rig) shims() (pids []int) {
	for _, one := range r.processes() {
		program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", one.Parent))
		if err == nil && filepath.Base(program) == "shim" && !slices.Contains(pids, one.Parent) {
			pids = append(pids, one.Parent)
		}
	}
	return pids
}

// requireNone demands that no process is left, and ends those that are.
func (r *rig) requireNone() {
	r.Helper()
	left := r.processes()
	for _, one := range left {
		_ = syscall.Kill(one.PID, syscall.SIGKILL) // the demand below tells
	}
	require.Empty(r, left, "processes that are left")
}
