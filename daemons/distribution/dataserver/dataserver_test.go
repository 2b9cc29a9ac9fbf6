package dataserver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/peers"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	patience = 20 * time.Second
	poll     = 10 * time.Millisecond
)

type bundle struct {
	*daemon
	t         *testing.T
	path      string
	addresses *nodes.Addresses
	client    *bus.Client
}

// setup runs a server over a folder of its own until the test ends.
func setup(t *testing.T, config Config) *bundle {
	t.Helper()
	b := &bundle{t: t, path: t.TempDir(), addresses: &nodes.Addresses{}, client: bustest.Start(t)}
	files, err := data.Open(data.Config{Path: b.path, Node: "node-1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, files.Close()) })
	config.Addresses = b.addresses
	b.daemon = newDaemon(config.withDefaults(), host.Runtime{
		Node: "node-1", Epoch: 1, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Files: files,
		Bus: b.client.Session(Type, "node-1", 1), DataDir: b.path, ClusterDir: filepath.Join(b.path, "cluster"),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
		require.Empty(t, b.addresses.All(), "it takes its address back")
	})
	limited, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	require.NoError(t, b.Ready(limited))
	return b
}

func (b *bundle) put(role data.Role, name string, content []byte) data.Item {
	b.t.Helper()
	want := data.Item{Place: data.Place{Role: role, Name: name}, SHA256: sha256.Sum256(content), Bytes: int64(len(content))}
	item, err := b.rt.Files.Add(b.t.Context(), want, bytes.NewReader(content))
	require.NoError(b.t, err)
	return item
}

// get asks as whoever knows the token would, or does not.
func (b *bundle) get(path, token string) (status int, body []byte) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, "http://"+b.addresses.All()[nodes.AddressData]+path, nil)
	require.NoError(b.t, err)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(b.t, err)
	defer func() { _ = response.Body.Close() }() // it was read
	body, err = io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return response.StatusCode, body
}

// The nodes of one machine share a token by a file that nobody else can read; who does not know it gets nothing.
func TestTokenOfTheMachine(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	file := filepath.Join(b.rt.ClusterDir, "data.token")
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	token, err := peers.Token("", b.rt.ClusterDir)
	require.NoError(t, err)
	content := datatest.Bytes(1<<20, "model")
	b.put(data.RoleModel, "sq5_2p/canonical.bin", content)
	require.NoError(t, os.WriteFile(filepath.Join(b.path, "secret"), []byte("secret"), 0o600))

	status, body := b.get("/v1/files/model/sq5_2p/canonical.bin", token)
	require.Equal(t, http.StatusOK, status)
	require.True(t, bytes.Equal(content, body))
	for _, wrong := range []string{"", "guess", token + "x"} {
		status, body := b.get("/v1/files/model/sq5_2p/canonical.bin", wrong)
		require.Equal(t, http.StatusUnauthorized, status, "token %q", wrong)
		require.NotContains(t, string(body), "canonical")
	}
	for _, path := range []string{
		"/v1/files/model/../../secret", "/v1/files/model/..%2f..%2fsecret", "/v1/files/model/%2e%2e/%2e%2e/secret", "/v1/files/model//etc/passwd",
		"/secret", "/v1/files/../secret", "/",
	} {
		status, body := b.get(path, token)
		require.GreaterOrEqual(t, status, 400, path)
		require.NotContains(t, string(body), "secret\n", path)
	}
}

// Whatever lies in the folders appears in the inventory, without anybody telling.
func TestNewFilesAreFound(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{ScanInterval: 50 * time.Millisecond})
	datatest.Store(t, filepath.Join(b.path, "games", "selfplay_sq5_2p.db"))
	require.Eventually(t, func() bool {
		_, found := b.rt.Files.Lookup(data.Place{Role: data.RoleStore, Name: "selfplay_sq5_2p.db"})
		return found
	}, patience, poll, "the store is listed")
	health := b.Health(t.Context())
	require.Equal(t, spec.HealthOK, health.Status, health.Message)
	require.Equal(t, 1, health.Details["files"])
}

// A file that is no dataset at all is found out, put aside and told; those that are right stay.
func TestCorruptFileIsPutAside(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{ScanInterval: 50 * time.Millisecond, ScrubInterval: 100 * time.Millisecond})
	good := b.put(data.RoleModel, "sq5_2p/good.bin", datatest.Bytes(1<<20, "good"))
	datatest.Write(t, filepath.Join(b.path, "training", "samples_sq5_2p.npz"), datatest.Bytes(1<<16, "no dataset"))
	require.Eventually(t, func() bool {
		kept, err := b.rt.Files.QuarantinedFiles()
		return err == nil && len(kept) == 1
	}, patience, poll, "it is put aside")
	require.Eventually(t, func() bool { return len(b.Health(t.Context()).Findings) == 1 }, patience, poll, "and told")
	require.NoFileExists(t, filepath.Join(b.path, "training", "samples_sq5_2p.npz"))
	require.Len(t, b.rt.Files.Find(good.SHA256), 1)
	require.Eventually(t, func() bool { return len(b.told()) == 1 }, patience, poll, "by one event")
}

// told are the files that were said to be in quarantine.
func (b *bundle) told() (all []bus.DataQuarantined) {
	b.t.Helper()
	options := bus.FollowOptions{Names: []bus.Name{"DATA_QUARANTINED"}, Since: time.Unix(1, 0), Stop: true}
	require.NoError(b.t, b.client.Follow(b.t.Context(), options, func(event bus.Event) error {
		one, err := bus.Decode[bus.DataQuarantined](event)
		all = append(all, one)
		return err
	}))
	return all
}

// Somebody writes into a segment: it is told once, under the hash that others know, and nobody is offered what it has become.
func TestAChangedSegmentIsPutAside(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{ScanInterval: 50 * time.Millisecond})
	games := datatest.Games(t, filepath.Join(t.TempDir(), "games.db"), "one", "two")
	segment, err := b.rt.Files.AddFile(t.Context(), games, data.RoleSegment, func(content data.Content) string {
		return "sq5_2p/" + content.SHA256.String() + ".db"
	})
	require.NoError(t, err)
	db := datatest.Store(t, filepath.Join(b.path, "games", "segments", segment.Name))
	datatest.Play(t, db, "three", "completed", 9)
	require.NoError(t, db.Close())
	require.Eventually(t, func() bool { return len(b.told()) > 0 }, patience, poll, "it is told")
	scanned := b.rt.Files.Inventory().Taken
	require.Eventually(t, func() bool { return b.rt.Files.Inventory().Taken.After(scanned) }, patience, poll, "the folders are looked at again")
	told := b.told()
	require.Len(t, told, 1)
	require.Equal(t, segment.SHA256.String(), told[0].SHA256)
	require.False(t, told[0].Genuine, "another node's copy is better")
	require.Empty(t, b.rt.Files.Inventory().Items)
	require.Len(t, b.Health(t.Context()).Findings, 1)
}

func TestSettingsThatDoNotDo(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]Config{
		"there is no token":         {Listen: "0.0.0.0:8766", Advertise: "10.0.0.7:8766"},
		`DATA_ADDR "somehost:8766"`: {Listen: "somehost:8766"},
		"set DATA_ADVERTISE":        {Listen: "0.0.0.0:8766", Token: strings.Repeat("x", 16)},
		`DATA_ADVERTISE ":8766"`:    {Advertise: ":8766"},
	} {
		_, err := Declare(config).New(host.Runtime{})
		require.ErrorContains(t, err, want)
	}
}

func TestRow(t *testing.T) {
	t.Parallel()
	row := Declare(Config{}).Spec
	require.Equal(t, "create_data_server", row.Runner)
	require.Equal(t, spec.ScopeNode, row.Scope)
	require.Equal(t, []spec.Type{"EVENT_ROUTER"}, row.DependsOn)
}

// A copy of which somebody was sent other bytes is read again at once, long before its turn.
func TestADoubtedCopyIsReadAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{ScanInterval: 50 * time.Millisecond, ScrubInterval: time.Hour})
	content := datatest.Bytes(1<<16, "no dataset")
	datatest.Write(t, filepath.Join(b.path, "training", "samples_sq5_2p.npz"), content)
	sum := data.Sum(sha256.Sum256(content))
	require.Eventually(t, func() bool { return len(b.rt.Files.Find(sum)) == 1 }, patience, poll, "it is listed")
	failed := bus.SyncChecksumFailed{DataMove: bus.DataMove{NodeID: "node-2", Role: "dataset", Name: "samples_sq5_2p.npz", SHA256: sum.String()}}
	event, err := b.client.Session("AUTO_SYNC", "node-2", 1).Event(failed)
	require.NoError(t, err)
	require.NoError(t, b.Handle(t.Context(), event))
	require.Eventually(t, func() bool { return len(b.rt.Files.Find(sum)) == 0 }, patience, poll, "it is put aside")
	kept, err := b.rt.Files.QuarantinedFiles()
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.True(t, kept[0].Genuine)
}

// A file that cannot be read again does not keep the others from it, and is no secret.
func TestAFileThatCannotBeReadAgainHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{ScanInterval: time.Hour, ScrubInterval: time.Hour})
	b.put(data.RoleModel, "sq5_2p/lost.bin", []byte("lost"))
	b.put(data.RoleModel, "sq9_2p/good.bin", []byte("good"))
	folder := filepath.Join(b.path, "models", "sq5_2p")
	require.NoError(t, os.RemoveAll(folder))
	datatest.Write(t, folder, []byte("no folder any more"))
	require.ErrorContains(t, b.scrub(t.Context()), "sq5_2p/lost.bin")
	require.EqualValues(t, 1, b.Health(t.Context()).Details["files_checked"])
}
