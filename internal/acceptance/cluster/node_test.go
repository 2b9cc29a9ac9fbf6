//go:build acceptance

package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/stretchr/testify/require"
)

// node is one worker of an installation.
type node struct {
	rig    *rig
	name   string
	dir    string // its DATA_DIR
	record string // where the installation keeps its worker's pid
}

func nodeName(number int) string { return "node-" + strconv.Itoa(number) }

func newNode(r *rig, number int) *node {
	n := &node{rig: r, name: nodeName(number), dir: r.dir, record: filepath.Join(r.dir, "run", "worker.json")}
	if number > 1 {
		n.dir = filepath.Join(r.dir, n.name)
		n.record = filepath.Join(r.dir, "run", "worker-"+strconv.Itoa(number)+".json")
	}
	return n
}

// record is what the installation knows of a process.
type record struct {
	PID int `json:"pid"`
}

// readRecord refuses a file that names no process: a signal to pid 0 reaches whoever sends it, with its whole group.
func readRecord(path string) (known record, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return known, err
	}
	if err := json.Unmarshal(text, &known); err != nil {
		return known, fmt.Errorf("read %s: %w", path, err)
	}
	if known.PID <= 1 {
		return known, fmt.Errorf("read %s: it names no process of an installation: pid %d", path, known.PID)
	}
	return known, nil
}

// serverRecord is where the installation keeps its Temporal server's pid.
func (r *rig) serverRecord() string { return filepath.Join(r.dir, "run", "temporal.json") }

// worker is the pid of the node's worker.
func (n *node) worker() int {
	n.rig.Helper()
	known, err := readRecord(n.record)
	require.NoError(n.rig, err, "the record of the worker of %s", n.name)
	return known.PID
}

func (n *node) signal(signal syscall.Signal) {
	n.rig.Helper()
	require.NoError(n.rig, syscall.Kill(n.worker(), signal), "%s to the worker of %s", signal, n.name)
}

// kill ends the worker as a loss of power would, and returns once it is gone.
func (n *node) kill() {
	n.rig.Helper()
	pid := n.worker()
	n.signal(syscall.SIGKILL)
	n.rig.eventually(patience, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }, "the worker of %s is gone", n.name)
}
