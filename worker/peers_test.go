package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/thresholds"
)

// A node finds the files of another whose data server listens on a port of the kernel's choice: AUTO_SYNC by the
// board, the grants of jobs by the ledger. When the other's worker was killed and is back on another port, so too.
func TestNodesFindEachOthersFiles(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	events := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, events.URL())
	board := nodes.NewBoard(client.Session("TEST", "", 1))
	cluster, other := t.TempDir(), t.TempDir()
	shared := []string{"NATS_URL=" + events.URL(), "CLUSTER_DIR=" + cluster}
	// However full this machine's disk is, games are fetched.
	require.NoError(t, os.WriteFile(filepath.Join(cluster, thresholds.FileName), []byte("preset: fast\ndisk:\n  max_used: 1\n"), 0o600))
	r.work(shared...)
	away := append(shared, "DATA_DIR="+other, "NODE_ID=node-2", "HEALTH_ADDR="+freeAddress(t))
	kill, _ := r.start(away...)
	lay(t, other, "first", 3)
	r.up()
	store := filepath.Join(r.dir, "games", "canonical_sq5_2p.db")
	r.eventuallyGames(store, 3)
	before := r.found(board, cluster, "")

	kill()
	lay(t, other, "second", 2)
	r.start(away...)
	r.found(board, cluster, before)
	r.eventuallyGames(store, 5)
}

// lay puts a segment onto a node, as a job does.
func lay(t *testing.T, dir, name string, count int) {
	t.Helper()
	var ids []string
	for i := range count {
		ids = append(ids, fmt.Sprintf("%s-%d", name, i))
	}
	files, err := data.Open(data.Config{Path: dir, Node: "node-2"})
	require.NoError(t, err)
	defer func() { require.NoError(t, files.Close()) }()
	_, err = files.AddFile(t.Context(), datatest.Games(t, filepath.Join(t.TempDir(), "games.db"), ids...), data.RoleSegment,
		func(content data.Content) string { return "sq5_2p/" + content.SHA256.String() + ".db" })
	require.NoError(t, err)
}

// eventuallyGames asks the nodes to look, as often as it takes: what they look at may come a moment later.
func (r *rig) eventuallyGames(store string, count int64) {
	r.t.Helper()
	asked := 0
	require.Eventually(r.t, func() bool {
		asked++
		r.spool(fmt.Sprintf("look-%d-%d.json", count, asked), fmt.Sprintf(`{"event_type":"SYNC_REQUEST","payload":{"reason":"look %d for %d games"}}`, asked, count))
		digest, err := games.ReadDigest(context.Background(), store)
		return err == nil && digest.Games == count
	}, 2*patience, 10*pollInterval, "%d games are here", count)
}

// found is where node-2 answers, once that is elsewhere than it was, and board and ledger say the same.
func (r *rig) found(board nodes.Board, cluster, was string) (address string) {
	r.t.Helper()
	opened := ledgertest.Open(r.t, ledger.Config{Path: filepath.Join(cluster, "ledger.db")})
	token, err := peers.Token("", cluster)
	require.NoError(r.t, err)
	client, err := transfer.NewClient(transfer.ClientConfig{Token: token})
	require.NoError(r.t, err)
	defer client.Close()
	require.Eventually(r.t, func() bool {
		all, err := peers.List(r.t.Context(), board, "node-1")
		if err != nil || len(all) != 1 {
			return false
		}
		page, err := client.Page(r.t.Context(), all[0].Source, "", 1)
		if err != nil || page.Node != "node-2" {
			return false
		}
		known, err := opened.Node(r.t.Context(), "node-2")
		address = known.Addresses[nodes.AddressData]
		return err == nil && all[0].URL == "http://"+address && address != was
	}, 2*patience, pollInterval, "board and ledger tell where node-2 lends its files")
	return address
}
