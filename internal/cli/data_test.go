package cli_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

const dataToken = "a-token-of-enough-length"

// lend makes a node with one file and a real data server, known to the ledger. The handler may tamper.
func (q *queue) lend(t *testing.T, name string, content []byte, tamper func(http.Handler) http.Handler) data.Item {
	t.Helper()
	dir, err := data.Open(data.Config{Path: t.TempDir(), Node: name})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, dir.Close()) })
	want := data.Item{Place: data.Place{Role: data.RoleModel, Name: "sq5_2p/best.bin"}, SHA256: sha256.Sum256(content), Bytes: int64(len(content))}
	item, err := dir.Add(t.Context(), want, bytes.NewReader(content))
	require.NoError(t, err)
	server, err := transfer.NewServer(dir, transfer.ServerConfig{Tokens: []string{dataToken}})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var handler http.Handler = server
	if tamper != nil {
		handler = tamper(server)
	}
	web := &http.Server{Handler: handler}
	go func() { _ = web.Serve(listener) }() // it ends when it is closed
	t.Cleanup(func() { _ = web.Shutdown(context.Background()) })
	require.NoError(t, q.session.NodeSeen(t.Context(), ledger.NodeReport{ID: name, Addresses: map[string]string{nodes.AddressData: listener.Addr().String()}}))
	_, err = q.session.AddItem(t.Context(), ledger.Item{SHA256: item.SHA256.String(), Role: "model", Name: item.Name, ConfigKey: "sq5_2p", Bytes: item.Bytes})
	require.NoError(t, err)
	require.NoError(t, q.session.ReportHoldings(t.Context(), name, []ledger.Holder{{SHA256: item.SHA256.String(), Path: jobs.HolderPath(item.Place), State: ledger.CopyVerified}}))
	return item
}

func TestDataHoldersAndMissing(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	item := q.lend(t, "node-a", datatest.Bytes(1<<20, "best"), nil)
	require.NoError(t, q.session.NodeSeen(t.Context(), ledger.NodeReport{ID: "node-b"}))
	for _, input := range []string{item.SHA256.String(), item.SHA256.String()[:10], "best.bin", item.Name} {
		report := read[struct {
			Items []struct{ Holders []ledger.Holder }
		}](t, q, "data", "holders", input)
		require.Len(t, report.Items, 1, input)
		require.Equal(t, "node-a", report.Items[0].Holders[0].Node)
	}
	type missing struct{ Items []ledger.Replication }
	require.Len(t, read[missing](t, q, "data", "missing").Items, 1, "one copy of two")
	require.Empty(t, read[missing](t, q, "data", "missing", "--copies", "1").Items)
	require.Len(t, read[missing](t, q, "data", "missing", "--node", "node-b").Items, 1)
	require.Empty(t, read[missing](t, q, "data", "missing", "--node", "node-a").Items)
	require.Equal(t, cli.ExitUsage, q.run(t.Context(), "data", "holders", "nothing"))
	require.Equal(t, cli.ExitUsage, q.run(t.Context(), "data", "missing", "--node", "nobody"))
}

// Every copy is read from the node that has it: right, wrong, or unknown because the node is away.
func TestDataVerifyReadsEveryCopy(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	q.Config.DataToken = dataToken
	content := datatest.Bytes(1<<20, "best")
	item := q.lend(t, "node-a", content, nil)
	q.lend(t, "node-c", content, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			wrong := append([]byte{content[0] ^ 1}, content[1:]...)
			w.Header().Set("ETag", `"`+item.SHA256.String()+`"`)
			http.ServeContent(w, r, "", item.Modified, bytes.NewReader(wrong))
		})
	})
	require.NoError(t, q.session.ReportHoldings(t.Context(), "node-x", []ledger.Holder{{SHA256: item.SHA256.String(), Path: "models/x", State: ledger.CopyUnverified}}))
	require.Equal(t, cli.ExitFailed, q.run(t.Context(), "data", "verify", "best.bin"))
	require.Contains(t, q.out.String(), "WRONG")
	require.Contains(t, q.out.String(), "node-c")
	require.Contains(t, q.out.String(), "the node reports no data server")
	require.Regexp(t, `valid +1\n`, q.out.String())
}

func TestDataVerifyReadsThisNode(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	q.Config.DataDir = t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(q.Config.DataDir, "models"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(q.Config.DataDir, "training"), 0o755))
	datatest.Write(t, filepath.Join(q.Config.DataDir, "models", "good.bin"), []byte("weights"))
	old := datatest.Write(t, filepath.Join(q.Config.DataDir, "training", "bad.npz"), []byte("no dataset"))
	for _, path := range []string{old, filepath.Join(q.Config.DataDir, "models", "good.bin")} {
		require.NoError(t, os.Chtimes(path, q.Now().Add(-1e12), q.Now().Add(-1e12)))
	}
	require.Eventually(t, func() bool { // a file of this moment may still be written to, and is not read yet
		return q.run(t.Context(), "data", "verify") == cli.ExitFailed
	}, 20e9, 50e6, "the bad one is found")
	require.Contains(t, q.out.String(), "dataset/bad.npz")
	require.FileExists(t, old, "nothing is moved")
}

// A segment that somebody has written to is wrong, though it can be read.
func TestDataVerifyTellsWhatWasChanged(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	q.Config.DataDir = t.TempDir()
	dir, err := data.Open(data.Config{Path: q.Config.DataDir, Node: "here"})
	require.NoError(t, err)
	games := datatest.Games(t, filepath.Join(t.TempDir(), "games.db"), "one")
	segment, err := dir.AddFile(t.Context(), games, data.RoleSegment, func(content data.Content) string {
		return "sq5_2p/" + content.SHA256.String() + ".db"
	})
	require.NoError(t, err)
	path, err := dir.Path(segment.Place)
	require.NoError(t, err)
	require.NoError(t, dir.Close())
	datatest.Games(t, path, "two")
	require.Eventually(t, func() bool {
		return q.run(t.Context(), "data", "verify") == cli.ExitFailed
	}, 20e9, 50e6, "the change is found")
	require.Contains(t, q.out.String(), segment.Place.String())
	require.Contains(t, q.out.String(), "it was changed in its place")
	require.FileExists(t, path, "nothing is moved")
}
