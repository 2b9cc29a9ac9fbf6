package ledger_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

// record records a file of games for a purpose, and returns it as the ledger has it.
func record(t testing.TB, s *ledger.Session, name, purpose string, games int64) ledger.GameFile {
	t.Helper()
	file := gameFile(name, games)
	file.Purpose = purpose
	_, err := s.RecordGames(t.Context(), file, nil)
	require.NoError(t, err)
	stored, err := s.Ledger().GameFile(t.Context(), file.SHA256)
	require.NoError(t, err)
	return stored
}

func TestACutTakesWhatIsInNone(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		first, second := iterate(t, s).Number, iterate(t, s).Number
		nothing, err := s.CutGames(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.Empty(t, nothing)

		a := record(t, s, "a", ledger.PurposeSelfplay, 50)
		b := record(t, s, "b", ledger.PurposeImport, 20)
		record(t, s, "judged", ledger.PurposeEvaluation, 5)
		record(t, s, "matched", ledger.PurposeMatch, 5)
		record(t, s, "empty", ledger.PurposeSelfplay, 0)
		other := gameFile("other", 5)
		other.ConfigKey = "hex3_2p"
		_, err = s.RecordGames(t.Context(), other, nil)
		require.NoError(t, err)
		waiting, err := l.Uncut(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.Equal(t, ledger.UncutGames{Files: 2, Games: 70, Since: a.RecordedAt}, waiting)

		cut, err := s.CutGames(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.ElementsMatch(t, []ledger.GameFile{a, b}, cut)
		waiting, err = l.Uncut(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.Equal(t, ledger.UncutGames{}, waiting)

		c := record(t, s, "c", "", 1)
		again, err := s.CutGames(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.Equal(t, cut, again, "it stays as it is")
		next, err := s.CutGames(t.Context(), "sq5_2p", second)
		require.NoError(t, err)
		require.Equal(t, []ledger.GameFile{c}, next)
		read, err := l.Cut(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.Equal(t, cut, read)
	})
}

func TestOnlyAnIterationThatGoesOnCuts(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		a := record(t, s, "a", ledger.PurposeSelfplay, 1)
		_, err := s.CutGames(t.Context(), "sq5_2p", 1)
		require.ErrorIs(t, err, ledger.ErrNotFound)
		first, second := iterate(t, s).Number, iterate(t, s).Number
		_, err = s.CutGames(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		record(t, s, "b", ledger.PurposeSelfplay, 1)
		for _, number := range []int64{first, second} {
			require.NoError(t, s.EndIteration(t.Context(), "sq5_2p", number, "rejected", nil))
		}
		_, err = s.CutGames(t.Context(), "sq5_2p", second)
		require.ErrorIs(t, err, ledger.ErrConflict)
		require.ErrorContains(t, err, "it has ended as rejected")
		cut, err := s.CutGames(t.Context(), "sq5_2p", first)
		require.NoError(t, err, "what it had is still told")
		require.Equal(t, []ledger.GameFile{a}, cut)
		waiting, err := l.Uncut(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.Equal(t, int64(1), waiting.Files)
	})
}

func TestACutIsBoundedAndTakesTheOldest(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		s := l.Session("TEST_DAEMON", 1)
		insertFiles(t, config, ledger.MaxCutFiles+2)
		cut, err := s.CutGames(t.Context(), "sq5_2p", iterate(t, s).Number)
		require.NoError(t, err)
		require.Len(t, cut, ledger.MaxCutFiles)
		for i, file := range cut {
			require.Equal(t, fmt.Sprint("file-", i+1), file.SHA256)
		}
		waiting, err := l.Uncut(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.Equal(t, ledger.UncutGames{Files: 2, Games: 4, Since: time.UnixMicro(ledger.MaxCutFiles + 1).UTC()}, waiting)
	})
}

// While files come in, many cut at once for two iterations: the cut of each is one, and no file is in both.
func TestARaceForFilesGivesEachToOneCut(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		const files = 40
		numbers := [2]int64{iterate(t, s).Number, iterate(t, s).Number}
		for i := range files / 2 {
			record(t, s, fmt.Sprint("file-", i), ledger.PurposeSelfplay, 1)
		}
		var group errgroup.Group
		group.Go(func() error {
			for i := files / 2; i < files; i++ {
				if _, err := s.RecordGames(t.Context(), gameFile(fmt.Sprint("file-", i), 1), nil); err != nil {
					return err
				}
			}
			return nil
		})
		var cuts [2]atomic.Pointer[[]ledger.GameFile]
		for racer := range 8 {
			group.Go(func() error {
				cut, err := s.CutGames(t.Context(), "sq5_2p", numbers[racer%2])
				if len(cut) > 0 && !cuts[racer%2].CompareAndSwap(nil, &cut) {
					assert.Equal(t, *cuts[racer%2].Load(), cut, "all are told the same cut")
				}
				return err
			})
		}
		require.NoError(t, group.Wait())

		known, total := map[string]bool{}, 0
		for side, number := range numbers {
			cut, err := l.Cut(t.Context(), "sq5_2p", number)
			require.NoError(t, err)
			if told := cuts[side].Load(); told != nil {
				require.Equal(t, *told, cut)
			}
			for _, file := range cut {
				known[file.SHA256] = true
			}
			total += len(cut)
		}
		require.Len(t, known, total, "no file is in both")
		require.GreaterOrEqual(t, total, files/2)
		waiting, err := l.Uncut(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.EqualValues(t, files, int64(total)+waiting.Files, "and none is lost")
	})
}
