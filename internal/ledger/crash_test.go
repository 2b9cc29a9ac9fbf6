package ledger_test

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

func TestNoJobIsClaimedTwiceByManyProcesses(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		var specs []ledger.JobSpec
		for i := range 60 {
			specs = append(specs, jobSpec(string(rune('a'+i%26))+strings.Repeat("x", i)))
		}
		submitted, err := l.Session("operator", 0).SubmitJobs(t.Context(), specs)
		require.NoError(t, err)

		outputs := make([]bytes.Buffer, 3)
		var group errgroup.Group
		for i := range outputs {
			claimer := child(t, "claim", config)
			claimer.Stdout = &outputs[i]
			group.Go(claimer.Run)
		}
		require.NoError(t, group.Wait())

		claims := map[string]int{}
		for i := range outputs {
			for line := range strings.Lines(outputs[i].String()) {
				claims[strings.TrimSpace(line)]++
			}
		}
		require.Len(t, claims, len(submitted), "every job was claimed")
		for _, s := range submitted {
			require.Equal(t, 1, claims[s.Job.ID+" 1"], "claims of job %s with token 1", s.Job.ID)
			require.Equal(t, ledger.Claimed, job(t, l, s.Job.ID).Status)
		}
	})
}

// A process is killed at some moment of its writing; what it was told to be recorded is there, once, and what
// it was not told is there as a whole or not at all.
func TestAKilledWriterLeavesAConsistentLedger(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		var confirmed []string
		for _, lines := range []int{1, 3, 6} {
			confirmed = append(confirmed, killAfter(t, "record", config, lines)...)
		}
		for _, name := range confirmed {
			file, err := l.GameFile(t.Context(), sum(name))
			require.NoError(t, err)
			batch, err := l.Batch(t.Context(), name)
			require.NoError(t, err)
			require.Equal(t, file.Games, batch.Games, "games of batch %s", name)
			done, err := l.JobByKey(t.Context(), name)
			require.NoError(t, err)
			require.Equal(t, ledger.Completed, done.Status, "job %s", name)
		}
		requireTotalsMatchFiles(t, l)
	})
}

// A process is killed at some moment of its iterations. Each has a whole cut or none, no game is in two, and a stage
// that was told to be done is.
func TestAKilledLoopLosesNoGame(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		for _, lines := range []int{1, 2, 4} {
			for _, told := range killAfter(t, "loop", config, lines) {
				var number int64
				var files int
				_, err := fmt.Sscan(told, &number, &files)
				require.NoError(t, err)
				cut, err := l.Cut(t.Context(), "sq5_2p", number)
				require.NoError(t, err)
				require.Len(t, cut, files, "the cut of iteration %d", number)
				stages, err := l.StagesOf(t.Context(), "sq5_2p", number)
				require.NoError(t, err)
				require.Equal(t, ledger.StageDone, stages[0].State)
			}
			requireWholeCuts(t, l)
		}
	})
}

// requireWholeCuts finds every file in one cut or in none, and nothing left behind by the newest cut.
func requireWholeCuts(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	last, found, err := l.LastIteration(t.Context(), "sq5_2p")
	require.NoError(t, err)
	require.True(t, found)
	uncut, err := l.Uncut(t.Context(), "sq5_2p")
	require.NoError(t, err)
	files := uncut.Files
	for number := range last.Number {
		cut, err := l.Cut(t.Context(), "sq5_2p", number+1)
		require.NoError(t, err)
		files += int64(len(cut))
		if number+1 == last.Number && len(cut) > 0 {
			require.Zero(t, uncut.Files, "iteration %d has cut a part of what there was", last.Number)
		}
	}
	all, err := l.GameFiles(t.Context(), "sq5_2p", ledger.Page{Limit: 1000})
	require.NoError(t, err)
	require.Empty(t, all.Next)
	require.EqualValues(t, len(all.Items), files)
}

// killAfter kills a writer in a role after it has told of some lines, in the middle of what it does next.
func killAfter(t *testing.T, role string, config ledger.Config, lines int) (confirmed []string) {
	t.Helper()
	writer := child(t, role, config)
	output, err := writer.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, writer.Start())
	told := bufio.NewScanner(output)
	for told.Scan() {
		confirmed = append(confirmed, told.Text())
		if len(confirmed) == lines {
			require.NoError(t, writer.Process.Kill())
		}
	}
	require.Error(t, writer.Wait(), "it was killed")
	require.GreaterOrEqual(t, len(confirmed), lines)
	return confirmed
}

// requireTotalsMatchFiles recomputes the sums from the files, which a batch each has all or nothing of.
func requireTotalsMatchFiles(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	var games int64
	for page := (ledger.Page{Limit: 5}); ; {
		files, err := l.GameFiles(t.Context(), "sq5_2p", page)
		require.NoError(t, err)
		for _, file := range files.Items {
			batch, err := l.Batch(t.Context(), file.BatchID)
			require.NoError(t, err)
			require.Equal(t, file.Games, batch.Games, "a file is recorded with all its games or not at all")
			games += batch.Games
		}
		if page.After = files.Next; page.After == "" {
			break
		}
	}
	totals, err := l.GameTotals(t.Context())
	require.NoError(t, err)
	require.Equal(t, []ledger.GameTotal{{ConfigKey: "sq5_2p", Games: games, Moves: 10 * games}}, totals)
}
