package process

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, code := range []int{0, 1, 2, 42, 127, 128, 255} {
		exit, _ := run(t, fmt.Sprintf("exit %d", code))
		require.Equal(t, CauseExited, exit.Cause, exit.String())
		require.Equal(t, code, exit.Code)
		require.Equal(t, code == 0, exit.Success())
		require.Zero(t, exit.Signal)
	}
}

func TestSignals(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGABRT, syscall.SIGSEGV, syscall.SIGUSR1} {
		exit, _ := run(t, fmt.Sprintf("kill -%d $$", signal))
		require.Equal(t, CauseSignalled, exit.Cause, exit.String())
		require.Equal(t, signal, exit.Signal)
		require.Equal(t, -1, exit.Code)
		require.Equal(t, KillerNone, exit.Killer)
	}
}

func TestKillBySomebodyElseIsNamed(t *testing.T) {
	t.Parallel()
	exit, _ := run(t, "kill -KILL $$")
	require.Equal(t, CauseSignalled, exit.Cause, exit.String())
	require.Equal(t, KillerUnknown, exit.Killer)
}

// The kernel's counter tells that it has killed for want of memory: that of the command's control group if there is one.
func TestOnlyTheKernelsCounterIsEvidenceOfALackOfMemory(t *testing.T) {
	t.Parallel()
	group := &cgroup{t.TempDir()}
	require.Equal(t, "/proc/vmstat", newOOMCounter(group).path, "it has no memory controller")
	require.Equal(t, "/proc/vmstat", newOOMCounter(nil).path)
	count := func(kills int) {
		t.Helper()
		text := fmt.Sprintf("low 0\nhigh 0\nmax 3\noom 3\noom_kill %d\noom_group_kill 0\n", kills)
		require.NoError(t, os.WriteFile(group.memoryEvents(), []byte(text), 0o600))
	}
	count(1)
	s := supervisor{oom: newOOMCounter(group)}
	require.Equal(t, KillerUnknown, s.killer())
	count(2)
	require.Equal(t, KillerKernel, s.killer())
	require.NoError(t, os.Remove(group.memoryEvents()))
	require.Equal(t, KillerUnknown, s.killer(), "what cannot be read is no evidence")
}

func TestUsageCountsDescendants(t *testing.T) {
	t.Parallel()
	spin := "i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done"
	exit, _ := run(t, "sh -c '"+spin+"' & wait")
	require.Greater(t, exit.Usage.User+exit.Usage.System, 10*time.Millisecond, "%+v", exit.Usage)
	require.Greater(t, exit.Usage.LargestProcess, int64(100<<10))
	require.False(t, exit.Ended.Before(exit.Started))
}

func TestExitReadsAsASentence(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := map[string]Exit{
		"exited after 2s: exit code 3": {Cause: CauseExited, Code: 3},
		"stopped after 2s: killed by SIGKILL (shim); the operator said so": {
			Cause: CauseStopped, Code: -1, Signal: syscall.SIGKILL, Killer: KillerShim, Detail: "the operator said so"},
		"signalled after 2s: killed by SIGSEGV; 2 processes it had left behind were ended; log incomplete: no space": {
			Cause: CauseSignalled, Code: -1, Signal: syscall.SIGSEGV, Stragglers: 2, LogFault: "no space"},
		"shim lost after 2s; swept": {Cause: CauseShimLost, Code: -1, Detail: "swept"},
	}
	for text, exit := range cases {
		exit.Started, exit.Ended = at, at.Add(2*time.Second)
		require.Equal(t, text, exit.String())
		encoded, err := json.Marshal(exit)
		require.NoError(t, err)
		var decoded Exit
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, exit, decoded, "an exit survives JSON")
	}
}
