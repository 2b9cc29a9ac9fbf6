//go:build acceptance

package cluster

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/workload"
)

// store is where a node keeps the games of all nodes.
func (n *node) store() string { return n.storeOf(configKey) }

func (n *node) storeOf(config string) string {
	return filepath.Join(n.dir, "games", "canonical_"+config+".db")
}

// digest is what a node's store says. It is empty while there is none.
func (n *node) digest() games.Digest {
	n.rig.Helper()
	if _, err := os.Stat(n.store()); err != nil {
		return games.Digest{}
	}
	digest, err := games.ReadDigest(n.rig.Context(), n.store())
	require.NoError(n.rig, err)
	return digest
}

// converge waits until all nodes have so many games, and the same.
func (r *rig) converge(count int) {
	r.Helper()
	var digests []games.Digest
	for began := time.Now(); time.Since(began) < patience; <-time.After(time.Second) {
		digests = nil
		for _, node := range r.nodes {
			digests = append(digests, node.digest())
		}
		if same(digests, count) {
			r.Logf("%d games with digest %s on all nodes", count, digests[0].SHA256)
			return
		}
	}
	require.Fail(r, "the nodes do not come to the same games", "want %d, have %+v", count, digests)
}

func same(digests []games.Digest, count int) bool {
	for _, digest := range digests {
		if digest != digests[0] || int(digest.Games) != count {
			return false
		}
	}
	return true
}

// requireGames proves that a node has exactly the games of the ledger, each once and whole, by reading its store again
// with plain SQL and with the workload's own inspect, which replays every move.
func (n *node) requireGames() {
	r := n.rig
	r.Helper()
	copied := filepath.Join(r.TempDir(), "games.db")
	require.NoError(r, games.Snapshot(r.Context(), n.store(), copied))
	const facts = "game_id || ' ' || coalesce(winner, 0) || ' ' || total_moves"
	require.Equal(r, r.ledger("SELECT game_id || ' ' || winner || ' ' || moves FROM games ORDER BY game_id"),
		r.column(copied, "SELECT "+facts+" FROM games ORDER BY game_id"), "games of %s beside those of the ledger", n.name)
	require.Empty(r, r.column(copied, `SELECT game_id FROM games
		WHERE total_moves <> (SELECT count(*) FROM game_moves m WHERE m.game_id = games.game_id)`), "games without all their moves")
	require.Empty(r, r.column(copied, "SELECT game_id FROM game_moves WHERE game_id NOT IN (SELECT game_id FROM games)"), "moves of no game")

	found := r.inspect(configKey, copied)
	require.Empty(r, found.ReplayErrors)
	require.Equal(r, found.Games, found.Verified, "every game was replayed")
	require.Equal(r, r.ledger("SELECT game_id FROM games ORDER BY game_id"), found.IDs)
}

// requireGamesOf proves that each of the jobs has so many games in the ledger, and that nothing else is there.
func (r *rig) requireGamesOf(jobs []string, each int) {
	r.Helper()
	for _, job := range jobs {
		require.Equal(r, each, r.number("SELECT count(*) FROM games WHERE job_id = ?", job), "games of job %s", job)
	}
	require.Equal(r, len(jobs)*each, r.number("SELECT count(*) FROM games"))
	require.Equal(r, []string{fmt.Sprint(len(jobs) * each)}, r.ledger("SELECT games FROM game_totals WHERE config_key = ?", configKey))
}

// requireFiles reads every closed games file of a node again: each has the bytes that its name says, and none is missing
// of those that the ledger knows.
func (n *node) requireFiles() {
	r := n.rig
	r.Helper()
	found := map[string]bool{}
	for _, folder := range []string{"segments", "synced"} {
		require.NoError(r, filepath.WalkDir(filepath.Join(n.dir, "games", folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") { // a hidden file is not complete: no reader looks at it
				return err
			}
			sum, _, err := workload.HashFile(path)
			hash, _, _ := strings.Cut(entry.Name(), ".") // what follows says what it was played for
			require.Equal(r, sum, hash, "content and name of %s", path)
			found[sum] = true
			return err
		}))
	}
	for _, sum := range r.ledger("SELECT sha256 FROM game_files") {
		require.True(r, found[sum], "file %s is not on %s", sum, n.name)
	}
}
