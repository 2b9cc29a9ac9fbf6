package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

func openSQLite(t *testing.T) *ledger.Ledger {
	t.Helper()
	return ledgertest.SQLite(t)
}

func gameFile(name string, games int64) ledger.GameFile {
	return ledger.GameFile{SHA256: sum(name), ConfigKey: "sq5_2p", BatchID: name, JobID: "job", Node: "node-1", Games: games, LogicalDigest: "d-" + name}
}

func TestAGameCountsOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		before, err := l.Now(t.Context())
		require.NoError(t, err)
		added, err := s.RecordGames(t.Context(), gameFile("a", 300), games("g", 300))
		require.NoError(t, err)
		require.Equal(t, 300, added)
		added, err = s.RecordGames(t.Context(), gameFile("a", 300), games("g", 300))
		require.NoError(t, err)
		require.Zero(t, added, "the same again")
		added, err = s.RecordGames(t.Context(), gameFile("b", 310), games("g", 310))
		require.NoError(t, err)
		require.Equal(t, 10, added, "another file with 300 of the same")

		totals, err := l.GameTotals(t.Context())
		require.NoError(t, err)
		require.Equal(t, []ledger.GameTotal{{ConfigKey: "sq5_2p", Games: 310, Moves: 3100}}, totals)
		since, err := l.GamesSince(t.Context(), "sq5_2p", before)
		require.NoError(t, err)
		require.Equal(t, int64(310), since)
		batch, err := l.Batch(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, ledger.Batch{ID: "a", Games: 300, Moves: 3000, Wins: map[int64]int64{0: 100, 1: 100, 2: 100}}, batch)
		known, err := l.KnownGames(t.Context(), []string{"g-0000", "g-0309", "g-0310"})
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"g-0000", "g-0309"}, known)
		file, err := l.GameFile(t.Context(), sum("b"))
		require.NoError(t, err)
		require.Equal(t, "d-b", file.LogicalDigest)
	})
}

func TestAFileCannotBecomeAnotherOne(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *ledger.Ledger, s *ledger.Session) {
		_, err := s.RecordGames(t.Context(), gameFile("a", 3), games("g", 3))
		require.NoError(t, err)
		_, err = s.RecordGames(t.Context(), gameFile("a", 4), games("h", 4))
		require.ErrorIs(t, err, ledger.ErrConflict)
	})
}

func TestOverlappingFilesRecordedAtOnceCountEachGameOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		var group errgroup.Group
		for i := range 5 {
			group.Go(func() error {
				_, err := s.RecordGames(t.Context(), gameFile(fmt.Sprint("file-", i), 200), games("g", 200+i))
				return err
			})
		}
		require.NoError(t, group.Wait())
		totals, err := l.GameTotals(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(204), totals[0].Games)
		since, err := l.GamesSince(t.Context(), "sq5_2p", time.Unix(0, 0))
		require.NoError(t, err)
		require.Equal(t, totals[0].Games, since, "the sum and the rows")
	})
}

func TestBadGamesAreRefusedAsAWhole(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		all := games("g", 3)
		all[1].Winner = -2
		_, err := s.RecordGames(t.Context(), gameFile("a", 3), all)
		require.ErrorContains(t, err, "game g-0001: winner is -2: give -1 to 64")
		_, err = l.GameFile(t.Context(), sum("a"))
		require.ErrorIs(t, err, ledger.ErrNotFound)
		for _, key := range []string{"", "sq5", "sq5_p", "sq5_0p", "_2p", "sq5_2", "sq5_2pp"} {
			file := gameFile("a", 3)
			file.ConfigKey = key
			_, err = s.RecordGames(t.Context(), file, nil)
			require.ErrorIs(t, err, ledger.ErrInvalid, "config key %q", key)
		}
	})
}

func TestAFileKeepsItsPurpose(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for purpose, want := range map[string]string{"": ledger.PurposeSelfplay, ledger.PurposeSelfplay: ledger.PurposeSelfplay,
			ledger.PurposeEvaluation: ledger.PurposeEvaluation, ledger.PurposeMatch: ledger.PurposeMatch, ledger.PurposeImport: ledger.PurposeImport} {
			file := gameFile("of "+purpose, 0)
			for _, file.Purpose = range []string{purpose, ledger.PurposeImport} { // a second time as an import
				_, err := s.RecordGames(t.Context(), file, nil)
				require.NoError(t, err)
				stored, err := l.GameFile(t.Context(), file.SHA256)
				require.NoError(t, err)
				require.Equal(t, want, stored.Purpose, "recorded for %q", purpose)
			}
		}
		file := gameFile("a", 0)
		file.Purpose = "fun"
		_, err := s.RecordGames(t.Context(), file, nil)
		require.ErrorIs(t, err, ledger.ErrInvalid)
		require.ErrorContains(t, err, `purpose is "fun": give selfplay, evaluation, match, import`)
	})
}

func TestTheGamesOfABatchAreListedByTheirIDs(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		want := games("g~", 7) // what separates the parts of a cursor may be in an id
		want[2].ModelIDs = []string{"m1", "", "m2"}
		for i := range want {
			want[i].FinishedAt = want[i].FinishedAt.UTC()
		}
		_, err := s.RecordGames(t.Context(), gameFile("a", 7), want)
		require.NoError(t, err)
		_, err = s.RecordGames(t.Context(), gameFile("b", 3), games("a", 3))
		require.NoError(t, err)
		var got []ledger.Game
		for page := (ledger.Page{Limit: 3}); ; {
			part, err := l.GamesOfBatch(t.Context(), "a", page)
			require.NoError(t, err)
			require.LessOrEqual(t, len(part.Items), 3)
			got = append(got, part.Items...)
			if page.After = part.Next; page.After == "" {
				break
			}
		}
		require.Equal(t, want, got)
		none, err := l.GamesOfBatch(t.Context(), "absent", ledger.Page{})
		require.NoError(t, err)
		require.Empty(t, none.Items)
	})
}
