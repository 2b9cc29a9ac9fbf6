//go:build acceptance

package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/config"
	"github.com/ringrift/orchestrator/internal/local"
	"github.com/ringrift/orchestrator/internal/testkit"
	"github.com/ringrift/orchestrator/internal/thresholds"
)

// rig is an installation of a test's own.
type rig struct {
	testing.TB
	*local.Installation
	dir     string
	environ []string // of the starter
	said    *bytes.Buffer
	nodes   []*node
}

// untrained leaves the machine to the jobs of a test.
const untrained = "preset: fast\nloop:\n  configs: [none]\n"

// setup brings an installation up that trains nothing by itself.
func setup(t testing.TB, nodes int) *rig {
	t.Helper()
	return setupWith(t, nodes, untrained)
}

// setupWith brings an installation up that goes by these thresholds.
func setupWith(t testing.TB, nodes int, limits string) *rig {
	t.Helper()
	port := testkit.FreePorts(t, 4+nodes)
	address := func(offset int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port+offset)) }
	temporal, err := local.FindTemporal(os.Getenv("TEMPORAL_CLI"), programs)
	require.NoError(t, err, "make build builds it")
	settings := local.Config{
		Installation: config.Installation{DataDir: t.TempDir(), BusListen: address(2)},
		BinDir:       programs, TemporalCLI: temporal, TemporalNamespace: "default", Nodes: nodes,
		TemporalAddress: address(0), TemporalUIPort: port + 1, HealthAddr: address(3),
	}
	r := &rig{TB: t, dir: settings.DataDir, said: &bytes.Buffer{}}
	r.environ = append(os.Environ(), "DATA_DIR="+r.dir, "TEMPORAL_ADDRESS="+settings.TemporalAddress,
		"TEMPORAL_CONFIG_FILE="+os.DevNull, "HEALTH_ADDR="+settings.HealthAddr, "BUS_LISTEN="+settings.BusListen)
	r.Installation, err = local.New(settings, r.said)
	require.NoError(t, err)
	for number := 1; number <= nodes; number++ {
		r.nodes = append(r.nodes, newNode(r, number))
	}
	t.Cleanup(r.end)
	require.NoError(t, os.MkdirAll(filepath.Join(r.dir, "cluster"), 0o755))
	r.limit(limits)
	r.repair()
	return r
}

// limit makes these the thresholds from now on.
func (r *rig) limit(thresholdsFile string) {
	r.Helper()
	require.NoError(r, os.WriteFile(filepath.Join(r.dir, "cluster", thresholds.FileName), []byte(thresholdsFile), 0o644))
}

// repair starts what does not run, as `make up` does, and returns once every daemon is ready. On a busy machine that may
// take an operator more than one try.
func (r *rig) repair() {
	r.Helper()
	for began := time.Now(); ; {
		r.said.Reset()
		err := r.Up(r.Context())
		if err == nil {
			return
		}
		require.Less(r, time.Since(began), patience, "up: %v: %s", err, r.said)
		r.Logf("up, again: %v", err)
	}
}

// end leaves no process behind. A test that failed has its workers' last words told.
func (r *rig) end() {
	if r.Failed() {
		r.explain()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r.said.Reset()
	if err := r.Down(ctx); err != nil {
		r.Errorf("down: %v: %s", err, r.said)
	}
	workers, _ := filepath.Glob(filepath.Join(r.dir, "run", "worker*.json")) // the pattern is valid
	for _, path := range append(workers, r.serverRecord()) {
		if known, err := readRecord(path); err == nil {
			_ = syscall.Kill(-known.PID, syscall.SIGKILL) // a record that is left is of a process that did not end
		}
	}
	for _, p := range jobProcesses(r.dir) {
		_ = syscall.Kill(p.PID, syscall.SIGKILL) // a test that failed for it has told
	}
}

// explain tells the ends of the logs.
func (r *rig) explain() {
	logs, _ := filepath.Glob(filepath.Join(r.dir, "logs", "worker*.log")) // the pattern is valid
	for _, path := range logs {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it says nothing
		}
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		r.Logf("%s:\n%s", filepath.Base(path), strings.Join(lines[max(0, len(lines)-60):], "\n"))
	}
}

// starter runs the operator's program and decodes what it prints.
func (r *rig) starter(answer any, arguments ...string) {
	r.Helper()
	require.NoError(r, r.ask(answer, arguments...), "starter %s", strings.Join(arguments, " "))
}

func (r *rig) ask(answer any, arguments ...string) error {
	command := exec.CommandContext(r.Context(), filepath.Join(programs, "starter"), append(arguments, "-o", "json")...)
	command.Env = r.environ
	command.Stderr = os.Stderr
	printed, err := command.Output()
	if err != nil {
		return err
	}
	return json.Unmarshal(printed, answer)
}

// later is what a message tells of, as it is once the message is needed.
type later func() []string

func (l later) String() string { return fmt.Sprintf("%q", l()) }

// eventually waits for what comes by itself.
func (r *rig) eventually(within time.Duration, holds func() bool, what string, values ...any) {
	r.Helper()
	require.Eventually(r, holds, within, poll, append([]any{what}, values...)...)
}
