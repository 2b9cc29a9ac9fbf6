package games

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/format"
)

// mergeEnvironment tells this test binary to be a process that merges, to be killed.
const mergeEnvironment = "GAMES_TEST_MERGE"

func TestMain(m *testing.M) {
	if text := os.Getenv(mergeEnvironment); text != "" {
		var merging Merging
		err := json.Unmarshal([]byte(text), &merging)
		if err == nil {
			_, err = Merge(context.Background(), merging)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if text := os.Getenv(withdrawEnvironment); text != "" {
		if err := beWithdrawer(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A merge is killed at several moments: the store has whole games only, and merging again makes it complete.
func TestKilledMergeLeavesWholeGames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := datatest.Games(t, filepath.Join(dir, "source.db"), ids(0, 600)...)
	store := filepath.Join(dir, "store.db")
	text, err := json.Marshal(Merging{Source: source, SHA256: data.Sum{1}, Store: store})
	require.NoError(t, err)
	binary, err := os.Executable()
	require.NoError(t, err)
	start := func() *exec.Cmd {
		command := exec.Command(binary, "-test.run=^$")
		command.Env = append(os.Environ(), mergeEnvironment+"="+string(text))
		command.Stderr = os.Stderr
		require.NoError(t, command.Start())
		return command
	}
	for _, least := range []int64{1, 300} {
		process := start()
		require.Eventually(t, func() bool { return gamesIn(t.Context(), store) >= least }, time.Minute, time.Millisecond)
		require.NoError(t, process.Process.Signal(syscall.SIGKILL))
		_ = process.Wait() // it was killed, or had just ended
		digest := digestOf(t, store)
		require.Equal(t, digest.Games*9, digest.Moves, "no game is there in part")
		require.Equal(t, format.Verdict{State: format.Valid}, format.JudgeLive(t.Context(), store))
	}
	require.NoError(t, start().Wait())
	require.Equal(t, digestOf(t, source), digestOf(t, store))
}

func gamesIn(ctx context.Context, path string) int64 {
	db, err := format.OpenLive(ctx, path)
	if err != nil {
		return 0
	}
	defer func() { _ = db.Close() }() // it was only read
	var count int64
	_ = db.QueryRowContext(ctx, `SELECT count(*) FROM games`).Scan(&count) // not there yet
	return count
}
