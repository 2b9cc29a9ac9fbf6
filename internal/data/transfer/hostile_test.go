package transfer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
)

// raw sends bytes as they are, which no well-meaning client would, and returns the status line.
func raw(t testing.TB, r *rig, request string) string {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(r.URL, "http://"))
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	require.NoError(t, connection.SetDeadline(time.Now().Add(10*time.Second)))
	_, _ = io.WriteString(connection, request) // the server may hang up in the middle
	answer, _ := io.ReadAll(connection)
	require.NotContains(t, string(answer), "secret", "%.100q", request)
	status, _, _ := strings.Cut(string(answer), "\r\n")
	return status
}

func request(path, authorization string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + authorization + "\r\n"
}

const withToken = "Authorization: Bearer " + token + "\r\n"

func TestWithoutTheTokenNothingIsTold(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{})
	item := add(t, source.dir, data.RoleModel, "m.pth", []byte("secret weights"))
	for _, path := range []string{pathInventory, pathItems + item.SHA256.String(), pathItems + item.SHA256.String() + marksSuffix, pathFiles + "model/m.pth", pathDigest + "x.db", "/", "/nothing"} {
		for name, header := range map[string]string{
			"no token": "", "wrong token": "Authorization: Bearer a-token-of-enough-lengtH\r\n", "empty token": "Authorization: Bearer \r\n",
			"no scheme": "Authorization: " + token + "\r\n", "basic": "Authorization: Basic " + token + "\r\n", "longer": "Authorization: Bearer " + token + "x\r\n",
		} {
			require.Equal(t, "HTTP/1.1 401 Unauthorized", raw(t, source, request(path, header)), "%s of %s", name, path)
		}
	}
	require.Len(t, source.log.read(), 1, "logged once")
	require.NotContains(t, source.log.read()[0], token)
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "BREW"} {
		require.Equal(t, "HTTP/1.1 405 Method Not Allowed", raw(t, source, strings.Replace(request(pathInventory, withToken), "GET", method, 1)), method)
	}
}

func TestNoPathLeadsOut(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{})
	add(t, source.dir, data.RoleModel, "m.pth", []byte("fine"))
	outside, err := source.dir.Path(data.Place{Role: data.RoleModel, Name: "m.pth"})
	require.NoError(t, err)
	outside = filepath.Dir(filepath.Dir(outside))
	datatest.Write(t, filepath.Join(outside, "outside"), []byte("secret"))
	require.NoError(t, os.Symlink(filepath.Join(outside, "outside"), filepath.Join(outside, "models", "link")))
	datatest.Games(t, filepath.Join(outside, "games", "live.db"), "secret")
	_, err = source.dir.Scan(t.Context(), data.ScanLimits{})
	require.NoError(t, err)
	up := []string{"..", "%2e%2e", "%2E%2E", ".%2e", "%252e%252e", "..%00", "%c0%ae%c0%ae", "..;", "....", "%u002e%u002e", "．．"}
	between := []string{"/", "%2f", "%2F", "%5c", "\\", "%252f", "//", "/./", "%c0%af"}
	for _, dots := range up {
		for _, slash := range between {
			for _, depth := range []int{1, 2, 5} {
				path := pathFiles + "model/" + strings.Repeat(dots+slash, depth) + "outside"
				requireRefused(t, raw(t, source, request(path, withToken)), path)
			}
		}
	}
	for _, path := range []string{
		pathFiles + "model/link", pathFiles + "../outside", pathFiles + "/etc/passwd", pathFiles + "model//etc/passwd", pathFiles + "model/", pathFiles,
		"//v1/inventory", "/v1/inventory/", "/v1/items/..", pathItems + strings.Repeat("a", 64), "*", "http://x/../outside",
		"/v1/files/model/m.pth%00", "/v1/files/model/m.pth%2e", "/v1/files/quarantine/x", pathDigest + "../models/m.pth", pathDigest + "%2e%2e/x", pathDigest + "m.pth",
	} {
		requireRefused(t, raw(t, source, request(path, withToken)), path)
	}
	require.Equal(t, "HTTP/1.1 200 OK", raw(t, source, request(pathFiles+"model/m.pth", withToken)))
	require.Equal(t, "HTTP/1.1 409 Conflict", raw(t, source, request(pathFiles+"store/live.db", withToken)))
	require.LessOrEqual(t, len(source.log.read()), 4, "each kind once: %q", source.log.read())
}

func requireRefused(t *testing.T, status, path string) {
	t.Helper()
	var code int
	_, err := fmt.Sscanf(status, "HTTP/1.1 %d", &code)
	require.NoError(t, err, "%q of %s", status, path)
	require.Contains(t, []int{400, 401, 404, 405, 409}, code, path)
}

func TestHugeHeadersAndEndlessRequestsEnd(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{})
	require.Equal(t, "HTTP/1.1 431 Request Header Fields Too Large", raw(t, source, request(pathInventory, withToken+"X: "+strings.Repeat("x", 1<<20)+"\r\n")))
	require.Equal(t, "HTTP/1.1 431 Request Header Fields Too Large", raw(t, source, request(pathInventory, withToken+strings.Repeat("X-Y: z\r\n", 100_000))))
	require.Contains(t, raw(t, source, request("/"+strings.Repeat("x", 1<<20), withToken)), "HTTP/1.1 4")
	require.Equal(t, "", raw(t, source, "GET / HTTP/1.1\r\nHost: x\r\n"), "half a request gets no answer, but its connection an end")
}

func TestRangesAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{})
	content := datatest.Bytes(1000, "ranges")
	item := add(t, source.dir, data.RoleModel, "m.pth", content)
	ask := func(header map[string]string) (*http.Response, []byte) {
		request, err := http.NewRequest(http.MethodGet, source.URL+pathItems+item.SHA256.String(), nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		for key, value := range header {
			request.Header.Set(key, value)
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response, body
	}
	for header, test := range map[string]struct{ status, first, last int }{
		"bytes=0-9": {206, 0, 10}, "bytes=990-": {206, 990, 1000}, "bytes=-5": {206, 995, 1000}, "bytes=10-5000": {206, 10, 1000},
		"": {200, 0, 1000}, "bytes=1000-": {416, 0, 0}, "bytes=0-1,5-6": {416, 0, 0}, "bytes=9-5": {416, 0, 0}, "bytes=x-": {416, 0, 0},
		"bytes=-9223372036854775808": {416, 0, 0}, "bytes=99999999999999999999-": {416, 0, 0}, "lines=1-2": {416, 0, 0},
	} {
		response, body := ask(map[string]string{"Range": header})
		require.Equal(t, test.status, response.StatusCode, header)
		if test.status < 300 {
			require.Equal(t, content[test.first:test.last], body, header)
			require.Equal(t, etag(item.SHA256), response.Header.Get("ETag"))
		}
	}
	response, _ := ask(map[string]string{"If-Match": `"other"`})
	require.Equal(t, http.StatusPreconditionFailed, response.StatusCode)
	response, _ = ask(map[string]string{"If-None-Match": etag(item.SHA256)})
	require.Equal(t, http.StatusNotModified, response.StatusCode)
	response, body := ask(map[string]string{"Range": "bytes=0-1", "If-Range": `"other"`})
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Len(t, body, 1000)
}

func TestSlowReaderIsCutOff(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{StallTimeout: 200 * time.Millisecond})
	item := add(t, source.dir, data.RoleModel, "m.pth", datatest.Bytes(16<<20, "slow"))
	connection, err := net.Dial("tcp", strings.TrimPrefix(source.URL, "http://"))
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close()) }()
	_, err = io.WriteString(connection, request(pathItems+item.SHA256.String(), withToken))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(strings.Join(source.log.read(), ""), "slow reader") }, 10*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return source.server.gate.count() == 0 }, 10*time.Second, 10*time.Millisecond, "its place is free again")
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.all
}

// A thousand connections: those beyond the bound are closed at once, the memory is bounded, and an honest
// neighbour from elsewhere would be served; here, once they are gone.
func TestThousandConnections(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{MaxConnectionsPerPeer: 50})
	before := runtime.NumGoroutine()
	var open []net.Conn
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			connection, err := net.Dial("tcp", strings.TrimPrefix(source.URL, "http://"))
			if err != nil {
				return // refused, as it may be
			}
			mu.Lock()
			defer mu.Unlock()
			open = append(open, connection)
		})
	}
	all.Wait()
	alive := 0
	for _, connection := range open {
		require.NoError(t, connection.SetDeadline(time.Now().Add(5*time.Second)))
		_, _ = io.WriteString(connection, strings.Replace(request(pathInventory, withToken), "Connection: close\r\n", "", 1))
		if _, err := bufio.NewReader(connection).ReadString('\n'); err == nil {
			alive++
		}
	}
	require.LessOrEqual(t, alive, 50)
	require.Less(t, runtime.NumGoroutine()-before, 300)
	for _, connection := range open {
		_ = connection.Close()
	}
	require.Eventually(t, func() bool {
		_, err := newTestClient(t, ClientConfig{}).Page(context.Background(), source.Source, "", 1)
		return err == nil
	}, 10*time.Second, 50*time.Millisecond)
	require.LessOrEqual(t, len(source.log.read()), 2, "logged once: %q", source.log.read())
}

func TestRequestsBeyondTheBoundAreToldToComeAgain(t *testing.T) {
	t.Parallel()
	gate := newGate(3, 2)
	require.Zero(t, gate.enter("a"))
	require.Zero(t, gate.enter("a"))
	require.Equal(t, http.StatusTooManyRequests, gate.enter("a"))
	require.Zero(t, gate.enter("b"))
	require.Equal(t, http.StatusServiceUnavailable, gate.enter("c"))
	gate.leave("a")
	require.Zero(t, gate.enter("c"))
	require.Len(t, gate.peers, 3)
}

func TestRefusalsFillNoMemory(t *testing.T) {
	t.Parallel()
	out := &lines{}
	refusals := newRefusals(newTestLogger(out))
	now := time.Now()
	for i := range 5000 {
		refusals.count(refusal{fmt.Sprint(i), "x"}, now)
	}
	require.LessOrEqual(t, len(refusals.seen), maxRefusals+1)
	untold, tell := refusals.count(refusal{"many", "x"}, now.Add(refusalPause))
	require.True(t, tell)
	require.Equal(t, 5000-maxRefusals-1, untold)
}

func TestTwentyClientsAtOnce(t *testing.T) {
	t.Parallel()
	source := serve(t, "node-1", ServerConfig{MaxRequestsPerPeer: 8})
	content := datatest.Bytes(2*data.ChunkBytes, "twenty")
	item := add(t, source.dir, data.RoleModel, "m.pth", content)
	var all sync.WaitGroup
	errs := make(chan error, 20)
	for range 20 {
		here, client := openDir(t, "node-2", t.TempDir()), newTestClient(t, ClientConfig{})
		all.Go(func() {
			_, err := client.Fetch(t.Context(), here, Request{Want: item, Sources: []Source{source.Source}})
			errs <- err
		})
	}
	all.Wait()
	for range 20 {
		require.NoError(t, <-errs)
	}
}

func FuzzRequest(f *testing.F) {
	source := serve(f, "node-1", ServerConfig{})
	item := add(f, source.dir, data.RoleModel, "m.pth", datatest.Bytes(1000, "fuzz"))
	f.Add(pathItems+item.SHA256.String(), "bytes=0-9")
	f.Add("/v1/files/model/../m.pth", "bytes=-1")
	f.Add(pathInventory, "")
	f.Fuzz(func(t *testing.T, path, asked string) {
		request, err := http.NewRequest(http.MethodGet, "http://x/", nil)
		require.NoError(t, err)
		request.URL.Path, request.URL.RawPath = path, path
		request.Header.Set("Range", asked)
		request.Header.Set("Authorization", "Bearer "+token)
		answer := &answerRecorder{header: http.Header{}}
		source.server.ServeHTTP(answer, request)
		require.Contains(t, []int{200, 206, 400, 404, 409, 416}, answer.status)
		require.LessOrEqual(t, answer.bytes, 1200)
	})
}
