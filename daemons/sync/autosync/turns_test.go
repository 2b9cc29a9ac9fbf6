package autosync

import (
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
)

// While one file takes far longer than an event handler may, events are handled, what is small and asked for
// meanwhile comes first, health shows how far the file is, and no byte of it is sent twice.
func TestOneLargeFileHoldsUpNothing(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.client = bustest.Connect(t, c.url, func(config *bus.ClientConfig) { config.HandlerTimeout = 2 * time.Second })
	a, b := c.add("node-a"), c.add("node-b", func(n *node) { n.config.RoundLimit = 10 * time.Millisecond })
	large := bigSegment(t, a, []string{"large"})
	link := slowLink(t, a, 4<<20) // 6 s for the large one
	a.serve()
	b.start()
	c.eventually("the large one is under way", func() bool { return len(link.asked()) > 0 })

	small := a.model("sq5_2p/small.bin", []byte("small and urgent"))
	require.NoError(t, c.client.Session("MODEL_DISTRIBUTION", "", 1).Publish(t.Context(), bus.SyncRequest{
		Targets: []string{"node-b"}, Reason: "a new model",
		Items: []bus.SyncItem{{Role: "model", Name: small.Name, SHA256: small.SHA256.String(), Bytes: small.Bytes, Sources: []string{"node-a"}}},
	}))
	c.eventually("health shows how far it is", func() bool {
		details := b.health().Details
		verified, _ := details["fetching_bytes"].(int64)
		return details["fetching"] == "synced/node-a/"+large.Name && verified > 0 && details["fetching_total_bytes"] == large.Bytes
	})
	c.eventually("both are there", func() bool { return len(told[bus.DataSyncCompleted](c)) == 2 })
	done := told[bus.DataSyncCompleted](c)
	require.Equal(t, small.SHA256.String(), done[0].SHA256, "the large one has its turns, and the others have theirs")
	require.Equal(t, large.SHA256.String(), done[1].SHA256)
	content, err := data.FileContent(t.Context(), filepath.Join(b.path, "games", "synced", "node-a", filepath.FromSlash(large.Name)))
	require.NoError(t, err)
	require.Equal(t, large.SHA256, content.SHA256)
	require.Len(t, link.asked(), data.Chunks(large.Bytes), "each chunk is sent once")
	letters, err := c.client.DeadLetters(t.Context())
	require.NoError(t, err)
	require.Empty(t, letters, "no event waited for the file")
	require.NotContains(t, b.health().Details, "fetching")
}

// link is a node's data server at a given speed, and what it was asked to send of larger files.
type link struct {
	mu     sync.Mutex
	ranges []string
}

func slowLink(t *testing.T, n *node, bytesPerSecond int64) *link {
	t.Helper()
	server, err := transfer.NewServer(n.dir, transfer.ServerConfig{Tokens: []string{token}, BytesPerSecond: bytesPerSecond})
	require.NoError(t, err)
	l := &link{}
	n.seen = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked := r.Header.Get("Range"); asked != "" && asked != "bytes=0-15" {
			l.mu.Lock()
			l.ranges = append(l.ranges, asked)
			l.mu.Unlock()
		}
		server.ServeHTTP(w, r)
	})
	return l
}

func (l *link) asked() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.ranges...)
}
