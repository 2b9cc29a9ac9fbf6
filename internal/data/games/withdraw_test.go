package games

import (
	"context"
	"encoding/json"
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

// withdrawEnvironment tells this test binary to be a process that withdraws a file, to be killed.
const withdrawEnvironment = "GAMES_TEST_WITHDRAW"

func beWithdrawer(text string) error {
	var w Withdrawal
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return err
	}
	_, err := Withdraw(context.Background(), w)
	return err
}

// What only the file has leaves the store, with all rows. What another file has, or the store has otherwise, stays.
func TestWithdrawnGamesLeaveAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "store.db")
	mine := datatest.Games(t, filepath.Join(dir, "mine.db"), ids(0, 40)...)
	other := datatest.Games(t, filepath.Join(dir, "other.db"), ids(30, 40)...)
	mergeFile(t, other, store)
	merging := Merging{Source: mine, SHA256: data.Sum{7}, Store: store}
	_, err := Merge(t.Context(), merging)
	require.NoError(t, err)
	db := datatest.Store(t, store)
	_, err = db.Exec(`UPDATE game_moves SET move_number = move_number + 100 WHERE game_id = ?`, ids(3, 1)[0])
	require.NoError(t, err)

	w := Withdrawal{Source: mine, SHA256: merging.SHA256, Store: store, Others: []string{other}}
	removed, err := Withdraw(t.Context(), w)
	require.NoError(t, err)
	require.Equal(t, 29, removed, "30 are in no other file, and one of these is another game by now")
	require.EqualValues(t, 41, digestOf(t, store).Games)
	require.EqualValues(t, 41*9, digestOf(t, store).Moves)
	sources, err := MergedSources(t.Context(), store)
	require.NoError(t, err)
	require.NotContains(t, sources, merging.SHA256)
	require.Len(t, sources, 1)
	removed, err = Withdraw(t.Context(), w)
	require.NoError(t, err)
	require.Zero(t, removed, "it is none that was merged any more")
}

// Whoever is killed while a file is withdrawn leaves all of its games or none.
func TestKilledWithdrawalIsAllOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := filepath.Join(dir, "store.db")
	keep := datatest.Games(t, filepath.Join(dir, "keep.db"), ids(5000, 20)...)
	mergeFile(t, keep, store)
	mine := datatest.Games(t, filepath.Join(dir, "mine.db"), ids(0, 800)...)
	merging := Merging{Source: mine, SHA256: data.Sum{7}, Store: store}
	text, err := json.Marshal(Withdrawal{Source: mine, SHA256: merging.SHA256, Store: store, Others: []string{keep}})
	require.NoError(t, err)
	binary, err := os.Executable()
	require.NoError(t, err)
	run := func(after time.Duration) {
		_, err := Merge(t.Context(), merging)
		require.NoError(t, err)
		command := exec.Command(binary, "-test.run=^$")
		command.Env = append(os.Environ(), withdrawEnvironment+"="+string(text))
		command.Stderr = os.Stderr
		require.NoError(t, command.Start())
		timer := time.AfterFunc(after, func() { _ = command.Process.Signal(syscall.SIGKILL) }) // it may be over
		_ = command.Wait()
		timer.Stop()
	}
	for after := 5 * time.Millisecond; ; after *= 2 { // from long before its end to long after
		run(after)
		require.Equal(t, format.Verdict{State: format.Valid}, format.JudgeLive(t.Context(), store))
		digest := digestOf(t, store)
		sources, err := MergedSources(t.Context(), store)
		require.NoError(t, err)
		if _, merged := sources[merging.SHA256]; !merged {
			require.Equal(t, digestOf(t, keep), digest)
			return
		}
		require.Equal(t, []int64{820, 820 * 9}, []int64{digest.Games, digest.Moves})
		require.Less(t, after, time.Minute)
	}
}
