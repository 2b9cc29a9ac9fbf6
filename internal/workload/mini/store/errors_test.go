package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
)

// A database that may not grow any more reports what a full disk would.
func TestAFullDiskIsNamed(t *testing.T) {
	t.Parallel()
	w, err := Create(t.TempDir())
	require.NoError(t, err)
	defer w.Close()
	_, err = w.tx.Exec("PRAGMA max_page_count = 8")
	require.NoError(t, err)
	for i := 0; err == nil && i < 1000; i++ {
		err = w.Put(&Game{ID: fmt.Sprint(i), Metadata: text(strings.Repeat("x", 1000))})
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
}

// A forger who knows how the content hash is made still cannot change how a game ended.
func TestSealedForgeriesAreFound(t *testing.T) {
	t.Parallel()
	rules, err := game.Lookup("sq5_2p")
	require.NoError(t, err)
	record := play.Record{Winner: 0, Termination: play.Line, Seats: []play.Seat{{Name: "a"}, {Name: "b"}}}
	for _, cell := range []int{0, 5, 1, 6, 2, 7, 3} {
		record.Moves = append(record.Moves, play.Move{Cell: cell, Origin: play.Chosen})
	}
	for says, forge := range map[string]func(*Game){
		"winner":      func(g *Game) { g.Winner.Int64 = 2 },
		"make it 1":   func(g *Game) { g.Winner = sql.NullInt64{} },
		"not over":    func(g *Game) { g.Moves, g.TotalMoves, g.Winner = g.Moves[:6], 6, sql.NullInt64{} },
		"total_moves": func(g *Game) { g.TotalMoves = 9 },
		"taken":       func(g *Game) { g.Moves[6].Move = g.Moves[0].Move },
		"belongs":     func(g *Game) { g.Moves[3].Player = 1 },
	} {
		g, err := FromRecord(rules, record, Origin{JobID: "j"})
		require.NoError(t, err)
		forge(g)
		var more metadata
		require.NoError(t, json.Unmarshal([]byte(g.Metadata.String), &more))
		more.Content = g.content(more.RulesHash)
		g.Metadata, err = jsonText(more)
		require.NoError(t, err)
		_, err = g.Record(rules)
		require.ErrorContains(t, err, says)
	}
}
