package modeldistribution_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/distribution/modeldistribution"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// asksForFile says that a request is for bytes of a file.
func asksForFile(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/v1/items/") && !strings.HasSuffix(r.URL.Path, "/marks")
}

// A server that fails twice is asked again, and the model is verified everywhere. Whoever tells or asks once more
// what is done moves not a byte.
func TestServerThatFailsTwice(t *testing.T) {
	t.Parallel()
	c := setup(t)
	var fails, sent atomic.Int64
	fails.Store(2)
	c.front = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asksForFile(r) && fails.Add(-1) >= 0 {
				http.Error(w, "out of order", http.StatusInternalServerError)
				return
			}
			if asksForFile(r) {
				sent.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	}
	a, b := c.add("node-a", spec.RoleTraining), c.add("node-b", spec.RoleSelfplay)
	all := []*node{a, b, c.add("node-c", spec.RoleSelfplay), c.add("node-d", spec.RoleSelfplay)}
	model := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("model"))
	c.promote(model, "sq5_2p", 0)
	a.distribute(modeldistribution.Config{})
	c.everywhere(model, all...)
	require.Negative(t, fails.Load(), "it has failed")
	c.eventually("it is told", func() bool { return len(told[bus.ModelDistributionComplete](c)) == 1 })
	require.Equal(t, []string{"node-a", "node-b", "node-c", "node-d"}, told[bus.ModelDistributionComplete](c)[0].DeliveredTo)
	require.Empty(t, told[bus.ModelDistributionFailed](c))

	before := sent.Load()
	for range 3 {
		require.NoError(t, c.client.Session("OPERATOR", "", 1).Publish(t.Context(), bus.SyncRequest{
			Targets: []string{"node-b"}, Reason: "once more",
			Items: []bus.SyncItem{{Role: "model", Name: model.Name, SHA256: model.SHA256.String(), Bytes: model.Bytes, Sources: []string{"node-a"}}},
		}))
	}
	next := a.put(data.RoleModel, "sq5_2p/next.bin", weights("next")) // what is asked for later comes later
	c.promote(next, "sq5_2p", 1)
	c.everywhere(next, all...)
	require.Equal(t, before+3, sent.Load(), "only the next model was sent, to three nodes")
}

// A node that gets truncated files keeps none of them, and is the only one that is told to have failed.
func TestNodeThatGetsTruncatedFiles(t *testing.T) {
	t.Parallel()
	c := setup(t)
	c.front = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asksForFile(r) && r.Header.Get("Authorization") == "Bearer "+otherToken {
				w = &truncater{w, 1000}
			}
			next.ServeHTTP(w, r)
		})
	}
	a, b, d := c.add("node-a", spec.RoleTraining), c.add("node-b", spec.RoleSelfplay), c.add("node-c", spec.RoleSelfplay)
	unlucky := c.addWith(otherToken, "node-d", spec.RoleSelfplay)
	model := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("model"))
	c.promote(model, "sq5_2p", 0)
	a.distribute(modeldistribution.Config{MaxAttempts: 1})
	c.everywhere(model, a, b, d)
	c.eventually("it is told", func() bool {
		failed := told[bus.ModelDistributionFailed](c)
		return len(failed) > 0 && len(failed[len(failed)-1].DeliveredTo) == 3
	})
	for _, one := range told[bus.ModelDistributionFailed](c) {
		require.Equal(t, []string{"node-d"}, one.Failed)
		require.NotEmpty(t, one.Reason)
	}
	require.Empty(t, told[bus.ModelDistributionComplete](c))
	path, err := unlucky.dir.Path(model.Place)
	require.NoError(t, err)
	require.NoFileExists(t, path)
}

// truncater sends so many bytes of an answer and then breaks off.
type truncater struct {
	http.ResponseWriter
	left int
}

func (t *truncater) Write(p []byte) (int, error) {
	if len(p) > t.left {
		panic(http.ErrAbortHandler)
	}
	t.left -= len(p)
	return t.ResponseWriter.Write(p)
}

// Whoever on a node puts a corrupt file into quarantine, the ledger learns that it is lost: nobody has another copy.
func TestACorruptCopyIsOnRecord(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("node-a")
	a.distribute(modeldistribution.Config{})
	item := a.put(data.RoleModel, "sq5_2p/model.bin", weights("first"))
	c.everywhere(item, a)
	reason, err := c.ledger.Spoilt(t.Context(), item.SHA256.String())
	require.NoError(t, err)
	require.Empty(t, reason)
	_, err = a.dir.Quarantine(a.dir.Find(item.SHA256)[0], format.Verdict{State: format.Corrupt, Reason: "the disk has lost it"})
	require.NoError(t, err)
	c.eventually("the ledger has it", func() bool {
		reason, err := c.ledger.Spoilt(t.Context(), item.SHA256.String())
		return err == nil && reason == "the disk has lost it"
	})
}

// Deliveries to nodes that have gone, however many, hide none to a node that is there.
func TestDeliveriesToTheDeadHideNone(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a"), c.add("node-b")
	model := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("model"))
	_, err := c.session.AddItem(t.Context(), ledger.Item{
		SHA256: model.SHA256.String(), Role: "model", Name: model.Name, ConfigKey: "sq5_2p", Bytes: model.Bytes,
	})
	require.NoError(t, err)
	var dead []string
	for i := range 300 {
		dead = append(dead, fmt.Sprintf("rented-%d", i))
	}
	_, err = c.session.Want(t.Context(), model.SHA256.String(), 1000, dead...)
	require.NoError(t, err)
	c.promote(model, "sq5_2p", 0)
	a.distribute(modeldistribution.Config{})
	c.everywhere(model, a, b)
}
