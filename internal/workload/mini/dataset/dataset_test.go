package dataset_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/npz"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
)

func lookup(t *testing.T, key string) *game.Rules {
	t.Helper()
	rules, err := game.Lookup(key)
	require.NoError(t, err)
	return rules
}

// record is a short game of three players on the 5×5 board in which seat 1 (the second) wins with 10, 11, 12; the
// first move was not searched.
func record(rules *game.Rules) play.Record {
	r := play.Record{Winner: 1, Seats: make([]play.Seat, 3)}
	for seat := range r.Seats {
		r.Seats[seat].Generation = seat
	}
	for ply, cell := range []int{0, 10, 24, 3, 11, 22, 6, 12} {
		move := play.Move{Cell: cell}
		if ply > 0 {
			move.Visits = make([]int32, len(rules.Cells))
			move.Visits[cell], move.Visits[17] = 3, 1
		}
		r.Moves = append(r.Moves, move)
	}
	return r
}

func TestRowsSeeTheGameFromTheSeatThatMoves(t *testing.T) {
	t.Parallel()
	rules := lookup(t, "sq5_3p")
	var seen []dataset.Row
	require.NoError(t, dataset.Rows(rules, record(rules), "g", func(row *dataset.Row) error {
		kept := *row
		kept.Features, kept.Policy, kept.Value = append([]uint8(nil), row.Features...), append([]float32(nil), row.Policy...), append([]float32(nil), row.Value...)
		seen = append(seen, kept)
		return nil
	}))
	require.Len(t, seen, 7, "one for each searched move")
	last := seen[6] // seat 1 moves: own stones 10, 11; seat 2 has 24, 22; seat 0 has 0, 3, 6
	require.EqualValues(t, 7, last.Position)
	require.EqualValues(t, 1, last.Generation)
	for plane, cells := range [][]int{{10, 11}, {24, 22}, {0, 3, 6}} {
		for cell := range 25 {
			want := uint8(0)
			for _, stone := range cells {
				if stone == cell {
					want = 1
				}
			}
			require.Equal(t, want, last.Features[plane*25+cell], "plane %d, cell %d", plane, cell)
		}
	}
	require.EqualValues(t, 0.75, last.Policy[12])
	require.EqualValues(t, 0.25, last.Policy[17])
	require.Equal(t, []float32{1, 0, 0}, last.Value, "who moves wins")
	require.Equal(t, []float32{0, 1, 0}, seen[5].Value, "seat 0 moves, the next seat wins")
	board, played := last.Board(rules), game.NewPosition(rules)
	for _, move := range record(rules).Moves[:7] {
		require.NoError(t, played.Play(move.Cell))
	}
	require.Equal(t, played.Turn(), board.Turn())
	require.Equal(t, played.Codes(), board.Codes(), "it is the position again")
}

func TestDrawsAreShared(t *testing.T) {
	t.Parallel()
	rules := lookup(t, "sq5_3p")
	drawn := record(rules)
	drawn.Winner = game.None
	require.NoError(t, dataset.Rows(rules, drawn, "g", func(row *dataset.Row) error {
		require.Equal(t, []float32{1.0 / 3, 1.0 / 3, 1.0 / 3}, row.Value)
		return nil
	}))
}

// written stores rows, changed by spoil, and returns the file.
func written(t *testing.T, rules *game.Rules, spoil func(*dataset.Row)) string {
	t.Helper()
	dir := t.TempDir()
	w, err := dataset.NewWriter(dir, rules, 8)
	require.NoError(t, err)
	for i := range 3 {
		require.NoError(t, dataset.Rows(rules, record(rules), fmt.Sprintf("game-%d", i), func(row *dataset.Row) error {
			kept := *row
			kept.Policy = append([]float32(nil), row.Policy...)
			if spoil != nil {
				spoil(&kept)
			}
			return w.Append(&kept)
		}))
	}
	path := filepath.Join(dir, "d.npz")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, w.Store(file))
	require.NoError(t, file.Close())
	require.NoError(t, w.Close())
	return path
}

func readAll(path string, rules *game.Rules) (rows int, err error) {
	r, err := dataset.Open(path, rules)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if want := fmt.Sprintf("game-%d", rows/7); row.GameID != want {
			return rows, fmt.Errorf("row %d is of %q, not %q", rows, row.GameID, want)
		}
		rows++
	}
}

func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	rules := lookup(t, "sq5_3p")
	rows, err := readAll(written(t, rules, nil), rules)
	require.NoError(t, err)
	require.Equal(t, 21, rows)
}

func TestImpossibleRowsAreCorrupt(t *testing.T) {
	t.Parallel()
	rules := lookup(t, "sq5_3p")
	for name, spoil := range map[string]func(*dataset.Row){
		"not a number":     func(r *dataset.Row) { r.Policy[17] = float32(math.NaN()) },
		"policy sums to 2": func(r *dataset.Row) { r.Policy[18] = 1 },
		"policy of a taken cell": func(r *dataset.Row) {
			r.Policy[17], r.Policy[0] = 0, 0.25
		},
		"no weight":       func(r *dataset.Row) { r.Weight = 0 },
		"infinite weight": func(r *dataset.Row) { r.Weight = float32(math.Inf(1)) },
	} {
		_, err := readAll(written(t, rules, spoil), rules)
		require.ErrorIs(t, err, npz.ErrCorrupt, name)
	}
}

func TestOtherGamesAreIncompatible(t *testing.T) {
	t.Parallel()
	_, err := readAll(written(t, lookup(t, "sq5_3p"), nil), lookup(t, "sq5_2p"))
	require.ErrorIs(t, err, dataset.ErrIncompatible)
}
