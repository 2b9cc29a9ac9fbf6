package elosync

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/spec"
)

// The three spellings of the field's history.
const (
	newest = `CREATE TABLE match_history (id INTEGER PRIMARY KEY AUTOINCREMENT, participant_ids TEXT, rankings TEXT, winner_id TEXT, board_type TEXT,
		num_players INTEGER, timestamp REAL, game_id TEXT, harness_type TEXT, tournament_id TEXT)`
	middle = `CREATE TABLE match_history (id INTEGER PRIMARY KEY AUTOINCREMENT, participant_a TEXT, participant_b TEXT, winner TEXT, board_type TEXT,
		num_players INTEGER, timestamp REAL, game_id TEXT)`
	oldest = `CREATE TABLE match_history (id INTEGER PRIMARY KEY AUTOINCREMENT, model_a TEXT, model_b TEXT, winner TEXT, board_type TEXT,
		num_players INTEGER, created_at TEXT, game_id TEXT)`
)

type cluster struct {
	*testing.T
	client *bus.Client
	ledger *ledger.Ledger
}

func setup(t *testing.T) *cluster {
	t.Helper()
	return &cluster{T: t, client: bustest.Start(t), ledger: ledgertest.SQLite(t)}
}

// node is one with its own history.
type node struct {
	*daemon
	c *cluster
}

func (c *cluster) node(name string, epoch int64) *node {
	return c.nodeIn(name, epoch, c.TempDir())
}

func (c *cluster) nodeIn(name string, epoch int64, dir string) *node {
	c.Helper()
	runner, err := Declare(Config{}).New(host.Runtime{
		Node: name, Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now, DataDir: dir, Bus: c.client.Session(Type, name, epoch),
		Ledger: func(context.Context) (*ledger.Session, error) {
			return c.ledger.Session("daemon/ELO_SYNC@"+name, epoch), nil
		},
	})
	require.NoError(c, err)
	return &node{daemon: runner.(*daemon), c: c}
}

func (n *node) history(schema string) *sql.DB {
	n.c.Helper()
	require.NoError(n.c, os.MkdirAll(n.folder, 0o755))
	db, err := sql.Open("sqlite", format.DSN(filepath.Join(n.folder, "unified_elo.db"), "_pragma=journal_mode(WAL)"))
	require.NoError(n.c, err)
	db.SetMaxOpenConns(1)
	n.c.Cleanup(func() { require.NoError(n.c, db.Close()) })
	_, err = db.Exec(schema)
	require.NoError(n.c, err)
	return db
}

func (n *node) tick() {
	n.c.Helper()
	require.NoError(n.c, n.Tick(n.c.Context()))
}

func insert(t *testing.T, db *sql.DB, query string, values ...any) {
	t.Helper()
	_, err := db.Exec(query, values...)
	require.NoError(t, err)
}

func (c *cluster) matches() []ledger.Match {
	c.Helper()
	list, err := c.ledger.Matches(c.Context(), "hex8_2p", unknownHarness, ledger.Page{Limit: 1000})
	require.NoError(c, err)
	return list.Items
}

// rate saves a rating of all matches there are, as EVALUATION does.
func (c *cluster) rate(rating float64) {
	c.Helper()
	evidence, err := c.ledger.Evidence(c.Context(), "hex8_2p", unknownHarness)
	require.NoError(c, err)
	_, err = c.ledger.Session("EVALUATION", 1).SaveRatings(c.Context(), ledger.RatingSnapshot{
		ConfigKey: "hex8_2p", Harness: unknownHarness, Evidence: evidence,
		Ratings: []ledger.Rating{{Participant: "x", Rating: rating, Low: rating - 100, High: rating + 100, Games: 1}},
	})
	require.NoError(c, err)
}

// Three nodes with equal row numbers, some matches in common and three spellings: the ledger has the union, and a
// second round adds nothing.
func TestUnionOfThreeSpellings(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b, d := c.node("node-a", 1), c.node("node-b", 1), c.node("node-c", 1)
	first, second, third := a.history(newest), b.history(middle), d.history(oldest)
	for i := range 4 {
		game := fmt.Sprintf("game-%d", i)
		insert(t, first, `INSERT INTO match_history (participant_ids, winner_id, board_type, num_players, timestamp, game_id) VALUES ('["x","y"]', 'x', 'hex8', 2, ?, ?)`, 1700000000.25+float64(i), game)
		insert(t, second, `INSERT INTO match_history (participant_a, participant_b, winner, board_type, num_players, timestamp, game_id) VALUES ('x', 'y', 'x', 'hex8', 2, ?, ?)`, 1700000002.25+float64(i), fmt.Sprintf("game-%d", i+2))
		insert(t, third, `INSERT INTO match_history (model_a, model_b, winner, board_type, num_players, created_at, game_id) VALUES ('x', 'y', 'model_b', 'hex8', 2, ?, ?)`, fmt.Sprintf("2024-01-02 03:04:%02d", i), "other-"+game)
	}
	for range 2 {
		for _, n := range []*node{a, b, d} {
			n.tick()
		}
		require.Len(t, c.matches(), 10, "six of the first two, four of the third")
	}
	wins := map[string]int{}
	for _, match := range c.matches() {
		wins[match.Participants[match.Outcomes[0].Ranks[0]-1]]++
	}
	require.Equal(t, map[string]int{"x": 6, "y": 4}, wins)
	require.Len(t, bustest.Events(t, c.client, "ELO_SYNC_COMPLETED"), 3, "rounds without news tell nothing")

	insert(t, second, `INSERT INTO match_history (participant_a, participant_b, board_type, num_players, timestamp, game_id) VALUES ('x', 'y', 'hex8', 2, 1700009999, 'late')`)
	again := c.nodeIn("node-b", 2, filepath.Dir(b.folder))
	again.tick()
	require.Len(t, c.matches(), 11)
	require.Equal(t, 1, again.state.read, "it goes on where the copy before it was")
}

// A row that makes no sense stays out and is told; the rows around it come in.
func TestRowsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	c := setup(t)
	n := c.node("node-a", 1)
	db := n.history(newest)
	const columns = `INSERT INTO match_history (participant_ids, rankings, winner_id, board_type, num_players, timestamp, game_id) VALUES `
	insert(t, db, columns+`('["x","y"]', NULL, 'x', 'hex8', 2, 1700000000, 'good')`)
	insert(t, db, columns+`('["x","y"]', NULL, 'nobody', 'hex8', 2, 1700000001, 'stranger')`)
	insert(t, db, columns+`('["x","y"]', NULL, 'x', '', 2, 1700000002, 'no board')`)
	insert(t, db, columns+`('["x","y"]', NULL, 'x', 'hex8', 2, 'yesterday', 'no time')`)
	insert(t, db, columns+`('["x","y"]', '[1,2,3]', NULL, 'hex8', 2, 1700000003, 'three ranks')`)
	insert(t, db, columns+`('["x","y"]', '{"x":2,"y":1}', NULL, 'hex8', 2, 1700000004, 'also good')`)
	n.tick()
	require.Len(t, c.matches(), 2)
	require.Equal(t, 4, n.state.refused)
	require.Len(t, n.Health(t.Context()).Findings, 4)
	require.Equal(t, spec.HealthOK, n.Health(t.Context()).Status)
}

// Ratings come back as one whole file, which is written again only when they change.
func TestRatingsComeBack(t *testing.T) {
	t.Parallel()
	c := setup(t)
	n := c.node("node-a", 1)
	insert(t, n.history(middle), `INSERT INTO match_history (participant_a, participant_b, winner, board_type, num_players, timestamp, game_id) VALUES ('x', 'y', 'x', 'hex8', 2, 1700000000, 'game')`)
	n.tick()
	path := filepath.Join(n.folder, ratingsFile)
	require.NoFileExists(t, path, "nobody has rated them yet")
	c.rate(1516)
	n.tick()
	var ratings []ledger.RatingSnapshot
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &ratings))
	require.EqualValues(t, 1516, ratings[0].Ratings[0].Rating)
	other := c.node("node-b", 1) // it has no matches of its own
	other.tick()
	elsewhere, err := os.ReadFile(filepath.Join(other.folder, ratingsFile))
	require.NoError(t, err)
	require.Equal(t, string(text), string(elsewhere), "they are equal byte for byte")
	require.Equal(t, n.state.digest, other.state.digest)
	before, err := os.Stat(path)
	require.NoError(t, err)
	n.tick()
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "nothing is written that is there")
}

// An older state of a database comes back, and its next matches have the numbers of others that were read: none is left out.
func TestAnOlderDatabaseIsReadAnew(t *testing.T) {
	t.Parallel()
	c := setup(t)
	n := c.node("node-a", 1)
	db := n.history(middle)
	play := func(from, to int, name string) {
		for i := from; i <= to; i++ {
			insert(t, db, `INSERT INTO match_history (id, participant_a, participant_b, winner, board_type, num_players, timestamp, game_id) VALUES (?, 'x', 'y', 'x', 'hex8', 2, ?, ?)`,
				i, 1700000000+i, fmt.Sprintf("%s-%d", name, i))
		}
	}
	play(1, 5, "first")
	n.tick()
	require.Len(t, c.matches(), 5)
	insert(t, db, `DELETE FROM match_history WHERE id > 2`)
	play(3, 6, "second")
	n.tick()
	require.Len(t, c.matches(), 9)
	n.tick()
	require.Zero(t, n.state.read, "what was read is not read again")
}

// A database that cannot be read is no health.
func TestAnUnreadableDatabaseIsNoHealth(t *testing.T) {
	t.Parallel()
	c := setup(t)
	n := c.node("node-a", 1)
	require.NoError(t, os.MkdirAll(n.folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(n.folder, "noise.db"), []byte("no database at all"), 0o644))
	n.tick()
	health := n.Health(t.Context())
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Len(t, health.Findings, 1)
}

func TestRow(t *testing.T) {
	t.Parallel()
	row := Declare(Config{}).Spec
	require.Equal(t, "create_elo_sync", row.Runner)
	require.Equal(t, spec.ScopeNode, row.Scope)
}
