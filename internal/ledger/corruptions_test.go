package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// A file is lost once a copy was proved corrupt and no other one is left, wherever that is; at once if its bytes were the
// right ones.
func TestSpoilt(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		spoilt := func(sha256 string) string {
			reason, err := l.Spoilt(t.Context(), sha256)
			require.NoError(t, err)
			return reason
		}
		a, b := sum("a"), sum("b")
		bad := ledger.Corruption{SHA256: a, Node: "node-1", Path: "games/a.db", Reason: "its bytes are others"}
		require.ErrorIs(t, s.ReportCorrupt(t.Context(), bad), ledger.ErrNotFound)
		require.ErrorIs(t, s.ReportCorrupt(t.Context(), ledger.Corruption{SHA256: a, Node: "node-1", Path: "x"}), ledger.ErrInvalid)
		for _, one := range []string{a, b} {
			_, err := s.AddItem(t.Context(), ledger.Item{SHA256: one, Role: "games", Name: one, Bytes: 1})
			require.NoError(t, err)
			for _, node := range []string{"node-1", "node-2"} {
				held := ledger.Holder{SHA256: one, Path: "games/a.db", State: ledger.CopyVerified}
				require.NoError(t, s.ReportHoldings(t.Context(), node, []ledger.Holder{held}))
			}
		}
		require.Empty(t, spoilt(a))
		for range 2 {
			require.NoError(t, s.ReportCorrupt(t.Context(), bad))
		}
		require.Empty(t, spoilt(a), "another node has it")
		holders, err := l.Holders(t.Context(), a)
		require.NoError(t, err)
		require.Len(t, holders, 1)
		gone := ledger.Holder{SHA256: a, Path: "games/a.db", State: ledger.CopyGone}
		require.NoError(t, s.ReportHoldings(t.Context(), "node-2", []ledger.Holder{gone}))
		require.Equal(t, bad.Reason, spoilt(a))
		gone.State = ledger.CopyVerified
		require.NoError(t, s.ReportHoldings(t.Context(), "node-2", []ledger.Holder{gone}))
		require.Empty(t, spoilt(a), "it has come back")

		require.NoError(t, s.ReportHoldings(t.Context(), "node-1", []ledger.Holder{{SHA256: b, Path: "games/a.db", State: ledger.CopyGone}}))
		require.Empty(t, spoilt(b), "to be gone is not to be corrupt")
		bad.SHA256, bad.Genuine = b, true
		require.NoError(t, s.ReportCorrupt(t.Context(), bad))
		bad.Genuine = false
		require.NoError(t, s.ReportCorrupt(t.Context(), bad))
		require.Equal(t, bad.Reason, spoilt(b), "no copy is better")
	})
}

// A file that is left out stays in its cut by name. The games that it shares with others are theirs, and those that nobody
// else has are new when they come again.
func TestLeaveOut(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		take := func(name string, ids ...string) string {
			file := gameFile(name, int64(len(ids)))
			var games []ledger.Game
			for _, id := range ids {
				games = append(games, ledger.Game{ID: id, Moves: 5, FinishedAt: time.Unix(1_700_000_000, 0).UTC()})
			}
			_, err := s.RecordGames(t.Context(), file, games)
			require.NoError(t, err)
			return file.SHA256
		}
		first := iterate(t, s).Number
		bad := take("bad", "g1", "g2", "g3")
		take("good", "g3", "g4")
		cut, err := s.CutGames(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.Len(t, cut, 2)
		require.ErrorIs(t, s.LeaveOut(t.Context(), "sq5_2p", first, sum("other"), "rotten"), ledger.ErrNotFound)
		for _, reason := range []string{"rotten", "still"} {
			require.NoError(t, s.LeaveOut(t.Context(), "sq5_2p", first, bad, reason))
		}
		left, err := l.LeftOut(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.Len(t, left, 1)
		require.Equal(t, []string{bad, "rotten"}, []string{left[0].SHA256, left[0].LeftOut})
		cut, err = l.Cut(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.Len(t, cut, 1)
		content, err := l.CutContent(t.Context(), "sq5_2p", first)
		require.NoError(t, err)
		require.Equal(t, ledger.CutContent{Held: 2, Games: 2}, content)
		owned, err := l.TrainingGames(t.Context(), "sq5_2p")
		require.NoError(t, err)
		require.EqualValues(t, 2, owned)
		require.NoError(t, s.EndIteration(t.Context(), "sq5_2p", first, "trained", nil))
		require.ErrorIs(t, s.LeaveOut(t.Context(), "sq5_2p", first, cut[0].SHA256, "late"), ledger.ErrConflict)

		take("again", "g1", "g3", "g5")
		second := iterate(t, s).Number
		_, err = s.CutGames(t.Context(), "sq5_2p", second)
		require.NoError(t, err)
		content, err = l.CutContent(t.Context(), "sq5_2p", second)
		require.NoError(t, err)
		require.Equal(t, ledger.CutContent{Held: 3, Games: 2, Earlier: []string{"g3"}}, content)
		take("once more", "g1", "g2")
		require.NoError(t, s.EndIteration(t.Context(), "sq5_2p", second, "trained", nil))
		third := iterate(t, s).Number
		_, err = s.CutGames(t.Context(), "sq5_2p", third)
		require.NoError(t, err)
		content, err = l.CutContent(t.Context(), "sq5_2p", third)
		require.NoError(t, err)
		require.Equal(t, ledger.CutContent{Held: 2, Games: 1, Earlier: []string{"g1"}}, content)
	})
}
