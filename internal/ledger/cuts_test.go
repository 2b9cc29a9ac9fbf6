package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
		owned, err := l.TrainingGames(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.EqualValues(t, 70, owned, "in cuts or not, but those that were played to judge")
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

func TestWhatIsSetAsideComesWithALaterCut(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		first, second, third := iterate(t, s).Number, iterate(t, s).Number, iterate(t, s).Number
		a, b := record(t, s, "a", ledger.PurposeSelfplay, 5), record(t, s, "b", ledger.PurposeSelfplay, 7)
		take := func(iteration int64) []ledger.GameFile {
			t.Helper()
			cut, err := s.CutGames(t.Context(), "sq5_2p", iteration)
			require.NoError(t, err)
			return cut
		}
		require.Len(t, take(first), 2)
		for range 2 {
			require.NoError(t, s.SetAside(t.Context(), "sq5_2p", first, []string{b.SHA256, strings.Repeat("0", 64)}))
		}
		require.Equal(t, []ledger.GameFile{a}, take(first))
		waiting, err := l.Uncut(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.Zero(t, waiting, "nobody can fetch it")
		require.Empty(t, take(second))

		_, err = s.AddItem(t.Context(), ledger.Item{SHA256: b.SHA256, Role: "games", Name: "sq5_2p/b.db", ConfigKey: "sq5_2p", Bytes: 10})
		require.NoError(t, err)
		require.NoError(t, s.ReportHoldings(t.Context(), "node-1", []ledger.Holder{{SHA256: b.SHA256, Path: "games/b.db", State: ledger.CopyVerified}}))
		require.NoError(t, s.NodeSeen(t.Context(), ledger.NodeReport{ID: "node-1"}))
		require.NoError(t, s.SetHealth(t.Context(), "node-1", ledger.NodeOffline, "it is away"))
		require.Empty(t, take(third))
		require.NoError(t, s.SetHealth(t.Context(), "node-1", ledger.NodeHealthy, ""))
		require.Equal(t, []ledger.GameFile{b}, take(third))

		require.NoError(t, s.EndIteration(t.Context(), "sq5_2p", third, "rejected", nil))
		require.ErrorIs(t, s.SetAside(t.Context(), "sq5_2p", third, []string{b.SHA256}), ledger.ErrConflict)
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

// While files come in, many cut for one iteration: all are told the same.
func TestARaceToCutGivesOneCut(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for round := range 8 {
			number := iterate(t, s).Number
			record(t, s, fmt.Sprint("first-", round), ledger.PurposeSelfplay, 1)
			var cuts [6][]ledger.GameFile
			var group errgroup.Group
			for racer := range cuts {
				group.Go(func() (err error) {
					cuts[racer], err = s.CutGames(t.Context(), "sq5_2p", number)
					return err
				})
				group.Go(func() error {
					_, err := s.RecordGames(t.Context(), gameFile(fmt.Sprint("file-", round, "-", racer), 1), nil)
					return err
				})
			}
			require.NoError(t, group.Wait())
			stored, err := l.Cut(t.Context(), "sq5_2p", number)
			require.NoError(t, err)
			for _, told := range cuts {
				require.Equal(t, stored, told)
			}
		}
	})
}

// Of iterations that cut at once none gets what another has, and no file is lost.
func TestARaceForFilesGivesEachToOneCut(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for round := range 4 {
			var iterations [6]int64
			for racer := range iterations {
				iterations[racer] = iterate(t, s).Number
				record(t, s, fmt.Sprint("file-", round, "-", racer), ledger.PurposeSelfplay, 1)
			}
			var cuts [6][]ledger.GameFile
			var group errgroup.Group
			for racer, number := range iterations {
				group.Go(func() (err error) {
					cuts[racer], err = s.CutGames(t.Context(), "sq5_2p", number)
					return err
				})
			}
			require.NoError(t, group.Wait())
			total := 0
			for racer, number := range iterations {
				stored, err := l.Cut(t.Context(), "sq5_2p", number)
				require.NoError(t, err)
				require.Equal(t, cuts[racer], stored)
				total += len(stored)
			}
			require.Equal(t, len(iterations), total)
		}
	})
}

func TestACutKnowsWhatItRepeats(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		bring := func(name string, games []ledger.Game, held int64) {
			for range 2 { // what is recorded again changes nothing
				_, err := s.RecordGames(t.Context(), gameFile(name, held), games)
				require.NoError(t, err)
			}
		}
		all := games("g", 450)
		first, second := iterate(t, s).Number, iterate(t, s).Number
		bring("a", all[:200], 200)
		bring("b", all[190:250], 63) // three are not complete
		_, err := s.CutGames(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		bring("c", all[240:440], 200)
		bring("d", all[430:450], 20)
		_, err = s.CutGames(t.Context(), "sq5_2p", second)
		require.NoError(t, err)

		content, err := l.CutContent(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.Equal(t, ledger.CutContent{Held: 263, Games: 250}, content)
		content, err = l.CutContent(t.Context(), "sq5_2p", second)
		require.NoError(t, err)
		require.EqualValues(t, 220, content.Held)
		require.EqualValues(t, 200, content.Games)
		require.Len(t, content.Earlier, 10)
		require.Equal(t, "g-0240", content.Earlier[0])
		content, err = l.CutContent(t.Context(), "sq5_2p", second+1)
		require.NoError(t, err)
		require.Equal(t, ledger.CutContent{}, content)
	})
}
