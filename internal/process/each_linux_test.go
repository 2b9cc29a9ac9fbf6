//go:build acceptance

package process

import (
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEachExitCode(t *testing.T) {
	t.Parallel()
	for code := range 256 {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			exit, _ := run(t, fmt.Sprintf("exit %d", code))
			require.Equal(t, CauseExited, exit.Cause, exit.String())
			require.Equal(t, code, exit.Code)
			require.Equal(t, code == 0, exit.Success())
			require.Zero(t, exit.Signal)
			require.Zero(t, exit.Stragglers)
		})
	}
}

// TestEachSignal is about those that end a process which does nothing about them, but for KILL, see below.
func TestEachSignal(t *testing.T) {
	t.Parallel()
	harmless := []syscall.Signal{
		syscall.SIGKILL, syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGURG, syscall.SIGWINCH,
		syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
		32, 33, // the C library keeps them for its threads
	}
	for signal := syscall.Signal(1); signal <= 64; signal++ {
		if slices.Contains(harmless, signal) {
			continue
		}
		t.Run(signalName(signal), func(t *testing.T) {
			t.Parallel()
			exit, _ := run(t, fmt.Sprintf("kill -%d $$", signal))
			require.Equal(t, CauseSignalled, exit.Cause, exit.String())
			require.Equal(t, signal, exit.Signal)
			require.Equal(t, -1, exit.Code)
			require.Equal(t, KillerNone, exit.Killer)
		})
	}
}
