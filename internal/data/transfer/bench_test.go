package transfer

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
)

const benchmarkBytes = 1 << 30

// BenchmarkFetch compares a fetch of 1 GiB, verified and synced, with curl (and a plain Go client) that take
// the same file from a static file server in the same run. It prints medians, and the most memory that a fetch
// took beside what the process had before; server and client are both in it.
func BenchmarkFetch(b *testing.B) {
	source := serve(b, "node-1", ServerConfig{})
	item, path := addLarge(b, source.dir)
	static := serveStatic(b, filepath.Dir(path)) + "/" + filepath.Base(path)
	var fetches, curls, plains, ratios []float64
	var extra int64
	for b.Loop() {
		curl, plain := measureCurl(b, static), measurePlain(b, static)
		fetch, memory := measureFetch(b, source, item)
		b.Logf("curl %s, plain %s, fetch %s, %d MiB", curl, plain, fetch, memory>>20)
		curls, plains = append(curls, curl.Seconds()), append(plains, plain.Seconds())
		fetches, ratios = append(fetches, fetch.Seconds()), append(ratios, curl.Seconds()/fetch.Seconds())
		extra = max(extra, memory)
	}
	b.ReportMetric(benchmarkBytes/1e6/median(fetches), "fetch-MB/s")
	b.ReportMetric(benchmarkBytes/1e6/median(curls), "curl-MB/s")
	b.ReportMetric(benchmarkBytes/1e6/median(plains), "plain-MB/s")
	b.ReportMetric(median(ratios), "fetch/curl")
	b.ReportMetric(float64(extra)/(1<<20), "extra-MiB")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func measureFetch(b *testing.B, source *rig, item data.Item) (time.Duration, int64) {
	b.Helper()
	here := openDir(b, "node-2", b.TempDir())
	client := newTestClient(b, ClientConfig{})
	debug.FreeOSMemory()
	before := resident(b)
	stop, highest := watchMemory()
	begin := time.Now()
	result, err := client.Fetch(b.Context(), here, Request{Want: item, Sources: []Source{source.Source}})
	taken := time.Since(begin)
	close(stop)
	require.NoError(b, err)
	require.Equal(b, int64(benchmarkBytes), result.Received)
	removeItem(b, here, item)
	return taken, <-highest - before
}

// addLarge makes a file that no compression or sparse file could make small.
func addLarge(b *testing.B, dir *data.Dir) (data.Item, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "large")
	require.NoError(b, exec.Command("sh", "-c", "head -c 1073741824 /dev/urandom > "+path).Run())
	item, err := dir.AddFile(b.Context(), path, data.RoleDataset, func(data.Content) string { return "large.bin" })
	require.NoError(b, err)
	return item, path
}

func serveStatic(b *testing.B, dir string) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	server := &http.Server{Handler: http.FileServer(http.Dir(dir))}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return "http://" + listener.Addr().String()
}

func measureCurl(b *testing.B, url string) time.Duration {
	b.Helper()
	target := filepath.Join(b.TempDir(), "curl")
	defer func() { require.NoError(b, os.Remove(target)) }()
	begin := time.Now()
	require.NoError(b, exec.Command("curl", "-sf", "-o", target, url).Run())
	return time.Since(begin)
}

func measurePlain(b *testing.B, url string) time.Duration {
	b.Helper()
	target, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	require.NoError(b, err)
	defer func() { require.NoError(b, os.Remove(target.Name())) }()
	begin := time.Now()
	response, err := http.Get(url)
	require.NoError(b, err)
	_, err = io.Copy(target, response.Body)
	require.NoError(b, err)
	require.NoError(b, response.Body.Close())
	require.NoError(b, target.Close())
	return time.Since(begin)
}

func removeItem(b *testing.B, dir *data.Dir, item data.Item) {
	b.Helper()
	path, err := dir.Path(item.Place)
	require.NoError(b, err)
	require.NoError(b, os.Remove(path))
}

// watchMemory samples the resident memory until stop is closed, and then tells the highest.
func watchMemory() (stop chan struct{}, highest chan int64) {
	stop, highest = make(chan struct{}), make(chan int64, 1)
	go func() {
		var most int64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				highest <- most
				return
			case <-tick.C:
				if now, err := residentBytes(); err == nil {
					most = max(most, now)
				}
			}
		}
	}()
	return stop, highest
}

func resident(b *testing.B) int64 {
	b.Helper()
	bytes, err := residentBytes()
	require.NoError(b, err)
	return bytes
}

// residentBytes is the memory of this process that is its own: what is mapped from files does not count.
func residentBytes() (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	return kilobytes << 10, err
}
