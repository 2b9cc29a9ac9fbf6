//go:build acceptance

package backup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/backup"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/config"
	"github.com/ringrift/orchestrator/internal/local"
	"github.com/ringrift/orchestrator/internal/spec"
)

// machine is a whole installation: a Temporal dev server, a worker and the daemons.
type machine struct {
	*local.Installation
	config local.Config
	out    bytes.Buffer
}

func newMachine(t *testing.T, programs, dataDir string) *machine {
	t.Helper()
	address := func() string { return freeAddress(t) }
	m := &machine{config: local.Config{
		Installation: config.Installation{DataDir: dataDir, BusListen: address()},
		BinDir:       programs, TemporalCLI: os.Getenv("TEMPORAL_CLI"), TemporalNamespace: "default",
		TemporalAddress: address(), HealthAddr: address(), TemporalUIPort: port(t, address()), Nodes: 1,
	}}
	var err error
	m.Installation, err = local.New(m.config, &m.out)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Down(context.Background()), "%s", &m.out) })
	return m
}

// up starts everything. Daemons that want settings which this machine has not are not this test's matter.
func (m *machine) up(t *testing.T) {
	t.Helper()
	err := m.Up(t.Context())
	var exit *exec.ExitError
	require.True(t, err == nil || errors.As(err, &exit) && exit.ExitCode() == cli.ExitNotReady, "%v: %s", err, &m.out)
	for _, daemon := range []string{"EVENT_ROUTER", "CROSS_PROCESS_POLLER"} {
		require.True(t, m.info(t, daemon).Ready, "%s is ready: %s", daemon, &m.out)
	}
}

func (m *machine) kept() backup.Config {
	return backup.Config{DataDir: m.config.DataDir, ClusterDir: filepath.Join(m.config.DataDir, "cluster"), BusURL: "nats://" + m.config.BusListen}
}

// starter runs one command of the operator.
func (m *machine) starter(t *testing.T, arguments ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(m.config.BinDir, "starter"), arguments...)
	command.Env = append(os.Environ(), "DATA_DIR="+m.config.DataDir, "TEMPORAL_ADDRESS="+m.config.TemporalAddress, "BUS_LISTEN="+m.config.BusListen)
	command.Stderr = os.Stderr
	output, err := command.Output()
	require.NoError(t, err, "starter %v: %s", arguments, output)
	return output
}

func (m *machine) info(t *testing.T, daemon string) (info spec.Info) {
	t.Helper()
	require.NoError(t, json.Unmarshal(m.starter(t, "info", daemon, "-o", "json"), &info))
	return info
}

func (m *machine) notes(t *testing.T) (texts []string) {
	t.Helper()
	for _, event := range bustest.Events(t, bustest.Connect(t, "nats://"+m.config.BusListen), "OPERATOR_NOTE") {
		texts = append(texts, text(event))
	}
	return texts
}

// TestAcceptanceInstallationContinuesElsewhere backs up a cluster that runs, and continues it in another folder with other
// addresses: what was stopped is stopped, what was paused is paused, what ran runs, and nothing that was told is lost.
func TestAcceptanceInstallationContinuesElsewhere(t *testing.T) {
	programs := t.TempDir()
	for _, name := range []string{"worker", "starter"} {
		build := exec.Command("go", "build", "-o", filepath.Join(programs, name), "./"+name)
		build.Dir = filepath.Join("..", "..")
		output, err := build.CombinedOutput()
		require.NoError(t, err, "build %s: %s", name, output)
	}
	source := newMachine(t, programs, filepath.Join(t.TempDir(), "source"))
	source.up(t)
	source.starter(t, "pause", "DLQ_RETRY", "--for", "2h", "--reason", "backup", "--wait")
	source.starter(t, "stop", "DAEMON_WATCHDOG", "--wait")
	for n := range 20 {
		source.starter(t, "publish", "OPERATOR_NOTE", fmt.Sprintf(`{"text":"note %d"}`, n))
	}
	require.NoError(t, openLedger(t, source.kept()).Session("operator", 0).RecordDepth(t.Context(), "queue", "node-1", 7))
	before := source.notes(t)
	require.Len(t, before, 20)

	archive := target(t, "archive.tar")
	begin := time.Now()
	manifest, err := backup.Backup(t.Context(), source.kept(), archive)
	require.NoError(t, err)
	t.Logf("backup of %d bytes while everything ran: %s", manifest.Bytes(), time.Since(begin))
	paused := source.info(t, "DLQ_RETRY")
	require.NoError(t, source.Down(t.Context()), "%s", &source.out)

	target := newMachine(t, programs, filepath.Join(t.TempDir(), "target"))
	begin = time.Now()
	restored, err := backup.Restore(t.Context(), target.kept(), archive)
	require.NoError(t, err)
	require.Positive(t, restored.FencesReset)
	t.Logf("restore: %s", time.Since(begin))
	begin = time.Now()
	target.up(t)
	t.Logf("up after the restore: %s", time.Since(begin))

	require.Equal(t, before, target.notes(t), "events")
	require.Equal(t, spec.PhasePaused, target.info(t, "DLQ_RETRY").Phase)
	require.Equal(t, paused.Desired, target.info(t, "DLQ_RETRY").Desired)
	require.Equal(t, spec.PhaseStopped, target.info(t, "DAEMON_WATCHDOG").Phase)
	require.Equal(t, spec.PhaseRunning, target.info(t, "EVENT_ROUTER").Phase)
	require.Equal(t, 7, number(t, filepath.Join(target.kept().ClusterDir, backup.LedgerFile), "SELECT max(depth) FROM queue_samples"))
	target.starter(t, "resume", "DLQ_RETRY", "--wait")
	target.starter(t, "publish", "OPERATOR_NOTE", `{"text":"after"}`)
	require.Equal(t, append(before, "after"), target.notes(t))
	letters, err := bustest.Connect(t, "nats://"+target.config.BusListen).DeadLetters(t.Context())
	require.NoError(t, err)
	require.Equal(t, []bus.DeadLetter(nil), letters)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

func port(t *testing.T, address string) int {
	t.Helper()
	tcp, err := net.ResolveTCPAddr("tcp", address)
	require.NoError(t, err)
	return tcp.Port
}
