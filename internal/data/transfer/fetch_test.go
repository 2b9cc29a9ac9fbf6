package transfer

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
)

func TestFetchBringsAnItemOnce(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{})
	here := openDir(t, "node-2", t.TempDir())
	client := newTestClient(t, ClientConfig{})
	for name, size := range map[string]int{
		"empty": 0, "small": 10, "chunk": data.ChunkBytes, "chunk-and-one": data.ChunkBytes + 1, "many-chunks": 7*data.ChunkBytes + 12345,
	} {
		content := datatest.Bytes(size, name)
		item := add(t, source.dir, data.RoleModel, "hex8_2p/"+name+".pth", content)
		var last Progress
		result, err := client.Fetch(t.Context(), here, Request{Want: item, Sources: []Source{source.Source}, Progress: func(p Progress) { last = p }})
		require.NoError(t, err, name)
		require.Equal(t, int64(size), result.Received, name)
		require.Equal(t, int64(size), last.Verified, name)
		require.Equal(t, "hex8_2p", result.Item.ConfigKey)
		requireItem(t, here, item, content)
		again, err := client.Fetch(t.Context(), here, Request{Want: item, Sources: []Source{source.Source}})
		require.NoError(t, err, name)
		require.Zero(t, again.Received, "%s is here already", name)
	}
	page, err := client.Page(t.Context(), source.Source, "", 3)
	require.NoError(t, err)
	require.Len(t, page.Items, 3)
	rest, err := client.Page(t.Context(), source.Source, page.Next, 3)
	require.NoError(t, err)
	require.Len(t, rest.Items, 2)
	require.Empty(t, rest.Next)
	require.Equal(t, source.dir.Inventory().Version, rest.Version)
}

// faulty wraps a server so that requests for parts of items are answered by act; others as they are.
func faulty(act func(next http.Handler, w http.ResponseWriter, r *http.Request)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				next.ServeHTTP(w, r)
				return
			}
			act(next, w, r)
		})
	}
}

// flipper changes one byte of what passes through it.
type flipper struct {
	http.ResponseWriter
	flipped bool
}

func (f *flipper) Unwrap() http.ResponseWriter { return f.ResponseWriter }

func (f *flipper) Write(p []byte) (int, error) {
	if !f.flipped && len(p) > 10 {
		p = bytes.Clone(p)
		p[10] ^= 0x40
		f.flipped = true
	}
	return f.ResponseWriter.Write(p)
}

func TestFaultsOnTheWay(t *testing.T) {
	t.Parallel()
	content := datatest.Bytes(3*data.ChunkBytes+999, "faults")
	var failures atomic.Int32
	once := func(act func(http.Handler, http.ResponseWriter, *http.Request)) func(http.Handler, http.ResponseWriter, *http.Request) {
		return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if failures.Add(1) == 1 {
				act(next, w, r)
				return
			}
			next.ServeHTTP(w, r)
		}
	}
	flip := func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&flipper{ResponseWriter: w}, r)
	}
	truncate := func(_ http.Handler, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		w.Header().Set("Content-Range", strings.Replace(r.Header.Get("Range"), "=", " ", 1)+"/"+strconv.Itoa(len(content)))
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(content[:1000])
		panic(http.ErrAbortHandler)
	}
	refuse := func(status int) func(http.Handler, http.ResponseWriter, *http.Request) {
		return func(_ http.Handler, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	otherRange := func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Range", "bytes=1-4194304")
		next.ServeHTTP(w, r)
	}
	silent := func(_ http.Handler, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	brief := ClientConfig{Patience: 300 * time.Millisecond}
	for _, test := range []struct {
		name   string
		act    func(http.Handler, http.ResponseWriter, *http.Request)
		want   error // nil: the fetch succeeds
		config ClientConfig
	}{
		{"a flipped byte once", once(flip), nil, ClientConfig{}},
		{"flipped bytes always", flip, data.ErrMismatch, ClientConfig{}},
		{"a truncated body once", once(truncate), nil, ClientConfig{}},
		{"another range once", once(otherRange), nil, ClientConfig{}},
		{"an error of the server once", once(refuse(http.StatusInternalServerError)), nil, ClientConfig{}},
		{"errors of the server always", refuse(http.StatusInternalServerError), ErrUnavailable, brief},
		{"a busy server once", once(refuse(http.StatusTooManyRequests)), nil, ClientConfig{}},
		{"a redirect", refuse(http.StatusFound), ErrUnavailable, brief},
		{"silence once", once(silent), nil, ClientConfig{StallTimeout: 500 * time.Millisecond}},
		{"silence always", silent, ErrUnavailable, ClientConfig{StallTimeout: 50 * time.Millisecond, Patience: 300 * time.Millisecond}},
		{"a changed file", refuse(http.StatusPreconditionFailed), ErrNoSource, ClientConfig{}},
		{"a refused token", refuse(http.StatusUnauthorized), ErrUnauthorized, ClientConfig{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			failures.Store(0)
			source := serve(t, "node-1", ServerConfig{})
			item := add(t, source.dir, data.RoleDataset, "a.bin", content)
			source.tamper = faulty(test.act)
			here := openDir(t, "node-2", t.TempDir())
			client := newTestClient(t, test.config)
			_, err := client.Fetch(t.Context(), here, Request{Want: item, Sources: []Source{source.Source}})
			if test.want == nil {
				require.NoError(t, err)
				requireItem(t, here, item, content)
				return
			}
			require.ErrorIs(t, err, test.want)
			requireNothing(t, here, item.Place)
		})
	}
}

func TestAnotherSourceTakesOver(t *testing.T) {
	t.Parallel()
	content := datatest.Bytes(5*data.ChunkBytes, "sources")
	liar, absent, good := serve(t, "liar", ServerConfig{}), serve(t, "absent", ServerConfig{}), serve(t, "good", ServerConfig{})
	item := add(t, good.dir, data.RoleModel, "m.pth", content)
	add(t, liar.dir, data.RoleModel, "m.pth", content)
	liar.tamper = faulty(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&flipper{ResponseWriter: w}, r)
	})
	here := openDir(t, "node-2", t.TempDir())
	client := newTestClient(t, ClientConfig{})
	result, err := client.Fetch(t.Context(), here, Request{Want: item, Sources: []Source{
		{Node: "dead", URL: "http://127.0.0.1:1"}, absent.Source, liar.Source, good.Source,
	}})
	require.NoError(t, err)
	require.Greater(t, result.Received, int64(len(content)), "wrong bytes came too")
	requireItem(t, here, item, content)
	_, err = client.Fetch(t.Context(), here, Request{Want: data.Item{Place: item.Place, SHA256: data.Sum{9}, Bytes: 5}, Sources: []Source{absent.Source, good.Source}})
	require.ErrorIs(t, err, ErrNoSource)
	requireItem(t, here, item, content)
}

// A fetch from nodes that are gone ends within seconds, whatever the patience with slow ones.
func TestSourcesThatAreGone(t *testing.T) {
	t.Parallel()
	here := openDir(t, "node-2", t.TempDir())
	item := data.Item{Place: data.Place{Role: data.RoleDataset, Name: "a.bin"}, SHA256: data.Sum{9}, Bytes: 5}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := newTestClient(t, ClientConfig{Patience: time.Hour}).Fetch(ctx, here, Request{Want: item, Sources: []Source{{Node: "dead", URL: "http://127.0.0.1:1"}}})
	require.ErrorIs(t, err, ErrUnavailable)
	path, err := here.Path(item.Place)
	require.NoError(t, err)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, left, "nothing came, and nothing is left")
}

// The source is replaced under its name while it is being fetched: the fetch fails, and nothing is mixed.
func TestSourceThatChangesMidway(t *testing.T) {
	t.Parallel()
	content := datatest.Bytes(8*data.ChunkBytes, "before")
	source := serve(t, "node-1", ServerConfig{})
	item := add(t, source.dir, data.RoleDataset, "hex8_2p.bin", content)
	path, err := source.dir.Path(item.Place)
	require.NoError(t, err)
	here := openDir(t, "node-2", t.TempDir())
	client := newTestClient(t, ClientConfig{Parallel: 1})
	var change sync.Once
	_, err = client.Fetch(t.Context(), here, Request{Want: item, Sources: []Source{source.Source}, Progress: func(p Progress) {
		if p.Verified >= 3*data.ChunkBytes {
			change.Do(func() { datatest.Write(t, path, datatest.Bytes(8*data.ChunkBytes, "after")) })
		}
	}})
	require.ErrorIs(t, err, ErrNoSource)
	require.ErrorContains(t, err, "412")
	requireNothing(t, here, item.Place)

	// The old version is elsewhere: what was verified is not sent again.
	other := serve(t, "node-3", ServerConfig{})
	add(t, other.dir, data.RoleDataset, "copy.bin", content)
	result, err := client.Fetch(t.Context(), here, Request{Want: item, Sources: []Source{source.Source, other.Source}})
	require.NoError(t, err)
	require.GreaterOrEqual(t, result.Kept, int64(3*data.ChunkBytes))
	require.Equal(t, int64(len(content)), result.Kept+result.Received)
	requireItem(t, here, item, content)
}

func TestFetchKeepsToItsRate(t *testing.T) {
	t.Parallel()
	content := datatest.Bytes(2<<20, "rate")
	source := serve(t, "node-1", ServerConfig{})
	item := add(t, source.dir, data.RoleModel, "m.pth", content)
	slow := serve(t, "node-3", ServerConfig{BytesPerSecond: 4 << 20})
	add(t, slow.dir, data.RoleModel, "m.pth", content)
	for name, test := range map[string]struct {
		config ClientConfig
		source Source
	}{
		"client": {ClientConfig{BytesPerSecond: 4 << 20}, source.Source}, "server": {ClientConfig{}, slow.Source},
	} {
		begin := time.Now()
		_, err := newTestClient(t, test.config).Fetch(t.Context(), openDir(t, "node-2", t.TempDir()), Request{Want: item, Sources: []Source{test.source}})
		require.NoError(t, err, name)
		require.Greater(t, time.Since(begin), 350*time.Millisecond, name) // 2 MiB less the burst at 4 MiB/s
	}
}

// A fetch that has its turns brings its first chunks in each of them, says that it is not finished, and asks for no
// chunk twice.
func TestTurns(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{})
	here := openDir(t, "node-2", t.TempDir())
	client := newTestClient(t, ClientConfig{Parallel: 2})
	content := datatest.Bytes(5*data.ChunkBytes+1, "turns") // of two chunks each
	item := add(t, source.dir, data.RoleModel, "hex8_2p/large.pth", content)
	request := Request{Want: item, Sources: []Source{source.Source}, Turn: time.Nanosecond}
	slow := faulty(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond) // longer than it takes to hash what is here, which a turn always lasts
		next.ServeHTTP(w, r)
	})
	source.mu.Lock()
	source.tamper = slow
	source.mu.Unlock()
	var kept int64
	for {
		result, err := client.Fetch(t.Context(), here, request)
		require.Equal(t, kept, result.Kept, "it goes on behind what was verified")
		kept += result.Received
		if err == nil {
			break
		}
		require.ErrorIs(t, err, ErrUnfinished)
		require.GreaterOrEqual(t, result.Received, int64(2*data.ChunkBytes))
		requireNothing(t, here, item.Place)
	}
	requireItem(t, here, item, content)
	source.mu.Lock()
	defer source.mu.Unlock()
	require.Len(t, source.ranges, 6, "no chunk is asked for twice")
}
