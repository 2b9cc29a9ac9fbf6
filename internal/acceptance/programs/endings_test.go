//go:build acceptance

package programs

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// misbehaving are daemons each of which ends in a way of its own, and one that does not.
const misbehaving = `version: 1
x-soon: &soon
  restart: {max_restarts: 2, first_delay: 200ms, retry_every: 1h}
daemons:
  neighbour:
    command: [sleep, 100000]
    env: {TOKEN, RIG_DAEMON: neighbour}
  crashes:
    <<: *soon
    shell: exit 7
    env: {TOKEN, RIG_DAEMON: crashes}
  killed:
    <<: *soon
    shell: kill -KILL $$
    env: {TOKEN, RIG_DAEMON: killed}
  leaks:
    <<: *soon
    shell: "x=0123456789abcdef; while :; do x=$x$x; done"
    limits: {memory: 32MiB}
    env: {TOKEN, RIG_DAEMON: leaks}
  forks:
    <<: *soon
    shell: "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do setsid sleep 100000 & done; wait"
    limits: {processes: 10}
    env: {TOKEN, RIG_DAEMON: forks}
  deaf:
    <<: *soon
    command: [sleep, 100000]
    readiness: {exec: ["false"], interval: 200ms}
    ready_within: 1s
    env: {TOKEN, RIG_DAEMON: deaf}
  hangs:
    <<: *soon
    command: [sleep, 100000]
    startup_grace: 1s
    liveness: {exec: ["sh", "-c", "echo no heartbeat; exit 1"], interval: 100ms}
    env: {TOKEN, RIG_DAEMON: hangs}
  once:
    shell: exit 9
    kind: one_shot
    restart: no
    env: {TOKEN, RIG_DAEMON: once}
  succeeds:
    shell: exit 4
    success_codes: [4]
    restart: on_failure
    env: {TOKEN, RIG_DAEMON: succeeds}
  stubborn:
    shell: "trap '' TERM; echo up >> stubborn; while :; do sleep 100000; done"
    stop: {timeout: 500ms}
    env: {TOKEN, RIG_DAEMON: stubborn}
  floods:
    shell: "yes flood & exec yes more >&2"
    log: {size: 64KiB, keep: 2}
    env: {TOKEN, RIG_DAEMON: floods}
  closes:
    shell: "exec 0<&- 1>&- 2>&-; exec sleep 100000"
    env: {TOKEN, RIG_DAEMON: closes}
`

// TestMisbehaviour lets each end as it is documented: its phase, its cause, its reason and its budget. The others are
// left alone.
func TestMisbehaviour(t *testing.T) {
	r := setup(t, 1)
	path := r.write("daemons.yaml", misbehaving)
	r.starter("up", "--file", path)
	for _, want := range []struct {
		daemon, reason string
		cause          spec.Cause
	}{
		{"crashes", "program crashes: exited after .*: exit code 7$", spec.CauseError},
		{"killed", `program killed: signalled after .*: killed by SIGKILL \(unknown\)$`, spec.CauseError},
		{"leaks", "program leaks: out of memory after .*, allowed are 33554432$", spec.CauseError},
		{"forks", "program forks: too many processes after .*, allowed are 10$", spec.CauseError},
		{"deaf", "not ready within 1s: the last answer was: false: exit status 1$", spec.CauseNotReady},
		{"hangs", `program hangs is not alive: sh: exit status 1: "no heartbeat"$`, spec.CauseUnhealthy},
	} {
		info := r.awaitPhase(want.daemon, spec.PhaseProbing)
		require.Equal(t, want.cause, info.Cause, want.daemon)
		require.Regexp(t, want.reason, info.LastError, want.daemon)
		require.Equal(t, 2, info.RestartCount, "%s: the budget", want.daemon)
		require.Equal(t, map[spec.Cause]int{want.cause: 3}, info.Restarts, "%s: restarts by cause", want.daemon)
		require.False(t, info.NextTryAt.IsZero(), want.daemon)
		require.Empty(t, r.pids(want.daemon), "%s: no process while it waits", want.daemon)
	}
	once := r.awaitPhase("once", spec.PhaseFailed)
	require.Regexp(t, "program once: exited after .*: exit code 9$", once.LastError)
	r.awaitPhase("succeeds", spec.PhaseCompleted)
	r.eventually(func() bool { return len(r.lines("stubborn")) == 1 }, "it runs")
	for _, daemon := range []string{"stubborn", "floods", "closes"} {
		r.awaitPhase(daemon, spec.PhaseRunning)
		r.starter("stop", daemon, "--wait")
		require.Equal(t, spec.PhaseStopped, r.info(daemon).Phase)
		require.Empty(t, r.pids(daemon))
	}
	logs, err := filepath.Glob(filepath.Join(r.data, "logs", "output", "FLOODS.log*"))
	require.NoError(t, err)
	require.LessOrEqual(t, len(logs), 2)

	neighbour := r.info("neighbour")
	require.Equal(t, spec.PhaseRunning, neighbour.Phase)
	require.Zero(t, neighbour.RestartCount)
	require.Len(t, neighbour.Transitions, 2, "it has started and become ready, and nothing else has happened to it")
	r.workers[0].outlived(t)
	r.starter("down", "--timeout", patience.String())
	require.Empty(t, r.processes())
}

// outlived demands that the worker is the one that was started.
func (w *worker) outlived(t *testing.T) {
	t.Helper()
	fields, err := statOf(w.process.Process.Pid)
	require.NoError(t, err)
	require.NotContains(t, []string{"Z", "X"}, fields[0])
}

// TestEachExitCode lets a one-shot end at once with each code: only 0 is success.
func TestEachExitCode(t *testing.T) {
	r := setup(t, 1)
	text := strings.Builder{}
	text.WriteString("version: 1\ndaemons:\n")
	step := choose(5, 51) // 0 and 255 are among them
	for code := 0; code < 256; code += step {
		name := strconv.Itoa(code)
		text.WriteString("  code-" + name + ": {shell: exit " + name + ", kind: one_shot, restart: no, env: {TOKEN, RIG_DAEMON: code-" + name + "}}\n")
	}
	r.starter("up", "--file", r.write("daemons.yaml", text.String()))
	for code := 0; code < 256; code += step {
		name := "code-" + strconv.Itoa(code)
		if code == 0 {
			r.awaitPhase(name, spec.PhaseCompleted)
			continue
		}
		info := r.awaitPhase(name, spec.PhaseFailed)
		require.Regexp(t, ": exit code "+strconv.Itoa(code)+"$", info.LastError)
		require.Equal(t, spec.CauseError, info.Cause)
	}
	r.starter("down", "--timeout", patience.String())
}
