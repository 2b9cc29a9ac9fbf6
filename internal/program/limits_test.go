package program_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/program"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestPriorityAndProcessors(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.run(r.oneShot("nice; grep Cpus_allowed_list /proc/self/status", func(row *spec.Daemon) {
		row.Program.Nice, row.Program.Processors = 3, 1
	}))
	require.Equal(t, host.ExitCompleted, a.awaitExit().Kind)
	worker := r.run(r.oneShot("nice"))
	require.Equal(t, host.ExitCompleted, worker.awaitExit().Kind)
	require.Regexp(t, regexp.MustCompile(`^\d+\nCpus_allowed_list:\s+\d+\n\d+\n$`), r.output(a), "bound to one processor")
	lines := strings.Fields(r.output(a))
	require.Equal(t, min(19, number(t, lines[len(lines)-1])+3), number(t, lines[0]), "three below the worker")
}

func TestLogIsRotated(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.run(r.oneShot("seq 100000 | head -c 300000", func(row *spec.Daemon) { row.Program.LogLimit, row.Program.LogKeep = 64<<10, 3 }))
	require.Equal(t, host.ExitCompleted, a.awaitExit().Kind)
	r.requireBoundedLog(a, 3, 64<<10)
	files, err := filepath.Glob(program.OutputLog(r.logDir, a.id) + "*")
	require.NoError(t, err)
	require.Len(t, files, 3)
}

// requireBoundedLog demands that no more of the output is kept than the row allows.
func (r *rig) requireBoundedLog(a *attempt, keep int, limit int64) {
	r.t.Helper()
	files, err := filepath.Glob(program.OutputLog(r.logDir, a.id) + "*")
	require.NoError(r.t, err)
	require.LessOrEqual(r.t, len(files), keep)
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(r.t, err)
		require.LessOrEqual(r.t, info.Size(), limit, file)
	}
}

func TestStopSignals(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, signal := range []string{"SIGTERM", "SIGINT", "SIGUSR1", "SIGHUP"} {
		a := r.runReady(r.service("trap 'echo bye > "+signal+"; exit 0' "+strings.TrimPrefix(signal, "SIG")+"; echo ready; while :; do sleep 0.05; done", func(row *spec.Daemon) {
			row.Program.StopSignal, row.Program.Readiness = signal, &spec.Probe{Log: "ready"}
		}))
		a.stop()
		require.True(t, r.exists(signal), "%s arrived", signal)
	}
}

func TestKillAsStopSignal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.service("trap '' TERM; "+sleeps, func(row *spec.Daemon) {
		row.Program.StopSignal, row.Program.StopGrace = "SIGKILL", patience
	}))
	began := time.Now()
	a.stop()
	require.Less(t, time.Since(began), patience)
}

func number(t *testing.T, text string) int {
	t.Helper()
	value, err := strconv.Atoi(text)
	require.NoError(t, err)
	return value
}

// fileSize is how long a file of the output is, 0 if it is not there.
func (r *rig) fileSize(a *attempt, suffix string) int64 {
	info, err := os.Stat(program.OutputLog(r.logDir, a.id) + suffix)
	if err != nil {
		return 0
	}
	return info.Size()
}
