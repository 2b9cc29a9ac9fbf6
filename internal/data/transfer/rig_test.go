package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
)

const token = "a-token-of-enough-length"

// openDir opens a data folder of a test's own.
func openDir(t testing.TB, node, path string) *data.Dir {
	t.Helper()
	dir, err := data.Open(data.Config{Path: path, Node: node})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, dir.Close()) })
	return dir
}

// add puts bytes into a folder as an item.
func add(t testing.TB, dir *data.Dir, role data.Role, name string, content []byte) data.Item {
	t.Helper()
	want := data.Item{Place: data.Place{Role: role, Name: name}, SHA256: sha256.Sum256(content), Bytes: int64(len(content))}
	item, err := dir.Add(t.Context(), want, bytes.NewReader(content))
	require.NoError(t, err)
	return item
}

// rig is a server whose handler and connections a test may tamper with.
type rig struct {
	Source
	dir    *data.Dir
	log    *lines
	server *Server

	mu     sync.Mutex
	tamper func(http.Handler) http.Handler
	ranges []string // of the requests for items
}

// serve starts a server of a folder of its own.
func serve(t testing.TB, node string, config ServerConfig) *rig {
	t.Helper()
	r := &rig{dir: openDir(t, node, t.TempDir()), log: &lines{}}
	config.Tokens = []string{token}
	config.Logger = newTestLogger(r.log)
	server, err := NewServer(r.dir, config)
	require.NoError(t, err)
	r.server = server
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.Source = Source{Node: node, URL: "http://" + listener.Addr().String()}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.serve(ctx, listener, r) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return r
}

// ServeHTTP counts a request and passes it on.
func (r *rig) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	if asked := request.Header.Get("Range"); asked != "" {
		r.ranges = append(r.ranges, asked)
	}
	var handler http.Handler = r.server
	if r.tamper != nil {
		handler = r.tamper(handler)
	}
	r.mu.Unlock()
	handler.ServeHTTP(w, request)
}

// lines is a log that tests read.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	return len(p), nil
}

func (l *lines) read() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.all...)
}

func newTestClient(t testing.TB, config ClientConfig) *Client {
	t.Helper()
	config.Token = token
	client, err := NewClient(config)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// requireItem reads an item's file and compares it.
func requireItem(t testing.TB, dir *data.Dir, item data.Item, content []byte) {
	t.Helper()
	path, err := dir.Path(item.Place)
	require.NoError(t, err)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got), "the file at %s has other bytes", item.Place)
}

// requireNothing demands that nothing is at a place.
func requireNothing(t testing.TB, dir *data.Dir, place data.Place) {
	t.Helper()
	path, err := dir.Path(place)
	require.NoError(t, err)
	_, err = os.Lstat(path)
	require.True(t, errors.Is(err, os.ErrNotExist), "%s must not be there", place)
}

func newTestLogger(out io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(out, nil)) }

// answerRecorder keeps what a handler answers, and takes deadlines as a connection does.
type answerRecorder struct {
	header http.Header
	status int
	bytes  int
}

func (a *answerRecorder) Header() http.Header { return a.header }

func (a *answerRecorder) WriteHeader(status int) { a.status = status }

func (a *answerRecorder) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	a.bytes += len(p)
	return len(p), nil
}

func (a *answerRecorder) SetWriteDeadline(time.Time) error { return nil }
