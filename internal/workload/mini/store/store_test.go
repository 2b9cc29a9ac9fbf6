package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
	"github.com/ringrift/orchestrator/internal/workload/mini/player"
	"github.com/ringrift/orchestrator/internal/workload/mini/search"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// played returns the rules and games of random and searching players.
func played(t *testing.T, key string, games int) (*game.Rules, []play.Record) {
	t.Helper()
	rules, err := game.Lookup(key)
	require.NoError(t, err)
	blank, err := model.New(rules, model.Pattern)
	require.NoError(t, err)
	net, err := model.Compile(rules, blank)
	require.NoError(t, err)
	table := play.Table{Opening: 1, SampledPlies: 4, Temperature: 1}
	for seat := range rules.Players {
		if seat == 0 {
			table.Players = append(table.Players, player.NewSearching(rules, net, search.Settings{Simulations: 8, Exploration: 1.5}))
			table.Seats = append(table.Seats, play.Seat{Name: "blank", Generation: 0})
			continue
		}
		table.Players = append(table.Players, player.Random{})
		table.Seats = append(table.Seats, play.Seat{Name: "random", Generation: play.NoGeneration})
	}
	var records []play.Record
	for i := range games {
		random := rand.New(rand.NewPCG(7, uint64(i)))
		record, err := table.Play(context.Background(), rules, random, random)
		require.NoError(t, err)
		record.Index, record.Seed = i, 7
		records = append(records, record)
	}
	return rules, records
}

var origin = store.Origin{JobID: "job-1", IssuedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

func write(t *testing.T, path string, rules *game.Rules, records []play.Record) {
	t.Helper()
	w, err := store.Create(filepath.Dir(path))
	require.NoError(t, err)
	for _, record := range records {
		g, err := store.FromRecord(rules, record, origin)
		require.NoError(t, err)
		require.NoError(t, w.Put(g))
	}
	require.Equal(t, len(records), w.Games())
	require.NoError(t, w.Publish(filepath.Base(path)))
	require.NoError(t, w.Close())
}

func TestGamesComeBack(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules, records := played(t, key, 300) // more than one page
		path := filepath.Join(t.TempDir(), "games with a space?.db")
		write(t, path, rules, records)
		entries, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		require.Len(t, entries, 1, "%s: one closed file", key)

		r, err := store.Open(path)
		require.NoError(t, err)
		var back []play.Record
		require.NoError(t, r.Each(func(g *store.Game) error {
			require.Equal(t, origin.ID(len(back)), g.ID)
			record, err := g.Record(rules)
			back = append(back, record)
			return err
		}))
		require.NoError(t, r.Close())
		require.Equal(t, records, back, key)
	}
}

func TestSameGamesGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	rules, records := played(t, "sq5_2p", 50)
	one, two := filepath.Join(t.TempDir(), "a.db"), filepath.Join(t.TempDir(), "b.db")
	write(t, one, rules, records)
	write(t, two, rules, records)
	first, err := os.ReadFile(one)
	require.NoError(t, err)
	second, err := os.ReadFile(two)
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestUnpublishedFilesVanish(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := store.Create(dir)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// Each change of a stored game is found when it is replayed.
func TestForgeriesAreFound(t *testing.T) {
	t.Parallel()
	rules, records := played(t, "sq5_2p", 1)
	forgeries := map[string]func(*store.Game){
		"winner":       func(g *store.Game) { g.Winner = sql.NullInt64{Int64: 3 - g.Winner.Int64, Valid: true} },
		"draw":         func(g *store.Game) { g.Winner = sql.NullInt64{} },
		"cut":          func(g *store.Game) { g.Moves = g.Moves[:len(g.Moves)-1] },
		"other move":   func(g *store.Game) { g.Moves[2].Move = g.Moves[0].Move },
		"other visits": func(g *store.Game) { g.Moves[2].Probs.String = `[[0,7]]` },
		"other seat":   func(g *store.Game) { g.Moves[3].Player = 1 },
		"participant":  func(g *store.Game) { g.Participants.String = `["random","blank"]` },
		"total":        func(g *store.Game) { g.TotalMoves++ },
		"no metadata":  func(g *store.Game) { g.Metadata = sql.NullString{} },
	}
	for name, forge := range forgeries {
		g, err := store.FromRecord(rules, records[0], origin)
		require.NoError(t, err)
		_, err = g.Record(rules)
		require.NoError(t, err)
		forge(g)
		_, err = g.Record(rules)
		require.Error(t, err, name)
	}
	other, err := game.Lookup("sq5_3p")
	require.NoError(t, err)
	g, err := store.FromRecord(rules, records[0], origin)
	require.NoError(t, err)
	_, err = g.Record(other)
	require.ErrorContains(t, err, "not of sq5_3p")
}

func TestDamagedFilesAreCorrupt(t *testing.T) {
	t.Parallel()
	rules, records := played(t, "sq5_2p", 60)
	path := filepath.Join(t.TempDir(), "games.db")
	write(t, path, rules, records)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	damages := map[string][]byte{
		"empty":     {},
		"text":      []byte("this is no database, but it is longer than the header of one, which has a hundred bytes. Really, it is, is it not?"),
		"half":      whole[:len(whole)/2],
		"last page": whole[:len(whole)-1],
	}
	for name, damaged := range damages {
		broken := filepath.Join(t.TempDir(), "broken.db")
		require.NoError(t, os.WriteFile(broken, damaged, 0o600))
		require.ErrorIs(t, readAll(broken, rules), store.ErrCorrupt, name)
	}
	require.NoError(t, os.WriteFile(path+"-wal", []byte("x"), 0o600))
	require.ErrorIs(t, readAll(path, rules), store.ErrCorrupt, "with a -wal")
}

func readAll(path string, rules *game.Rules) error {
	r, err := store.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	return r.Each(func(g *store.Game) error { _, err := g.Record(rules); return err })
}

func TestMetadataIsJSON(t *testing.T) {
	t.Parallel()
	rules, records := played(t, "hex3_4p", 1)
	g, err := store.FromRecord(rules, records[0], origin)
	require.NoError(t, err)
	var more map[string]any
	require.NoError(t, json.Unmarshal([]byte(g.Metadata.String), &more))
	require.Equal(t, "hex3_4p", more["config_key"])
	require.Equal(t, rules.Hash(), more["rules_hash"])
	require.Equal(t, int64(0), g.Generation.Int64)
	require.True(t, g.Generation.Valid)
}
