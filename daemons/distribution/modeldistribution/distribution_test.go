package modeldistribution_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/distribution/modeldistribution"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// A promoted model is verified on every node, once; the same name with other content follows; a copy that is lost
// comes back; and what is repeated moves nothing.
func TestPromotedModelGetsEverywhere(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b, d := c.add("node-a", spec.RoleTraining), c.add("node-b", spec.RoleSelfplay), c.add("node-c", spec.RoleSelfplay)
	all := []*node{a, b, d}
	first := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("first"))
	id := c.promote(first, "sq5_2p", 0)
	stop := a.distribute(modeldistribution.Config{})
	c.everywhere(first, all...)
	c.eventually("it is told", func() bool { return len(told[bus.ModelDistributionComplete](c)) == 1 })
	done := told[bus.ModelDistributionComplete](c)[0]
	require.Equal(t, []string{"node-a", "node-b", "node-c"}, done.DeliveredTo)
	require.Equal(t, id, done.ModelID)
	require.Len(t, told[bus.DataSyncCompleted](c), 2, "to each node once")

	second := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("second"))
	c.promote(second, "sq5_2p", 1)
	c.everywhere(second, all...)

	path, err := b.dir.Path(second.Place)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	c.eventually("its loss is noticed", func() bool { return len(b.dir.Find(second.SHA256)) == 0 })
	c.everywhere(second, all...)

	stop()
	before := len(told[bus.SyncRequest](c))
	a.distribute(modeldistribution.Config{})
	third := a.put(data.RoleModel, "sq5_2p/third.bin", weights("third"))
	c.promote(third, "sq5_2p", 2)
	c.everywhere(third, all...)
	for _, request := range told[bus.SyncRequest](c)[before:] {
		require.Equal(t, third.SHA256.String(), request.Items[0].SHA256, "a new copy of the daemon asks for nothing that is there")
	}
}

// everywhere waits until the ledger lists a verified copy on each node, and looks at the disks.
func (c *cluster) everywhere(item data.Item, all ...*node) {
	c.Helper()
	c.eventually("the catalog lists all copies of "+item.SHA256.String(), func() bool {
		holders, err := c.ledger.Holders(c.Context(), item.SHA256.String())
		verified := map[string]bool{}
		for _, holder := range holders {
			verified[holder.Node] = holder.State == ledger.CopyVerified
		}
		for _, n := range all {
			if !verified[n.name] || len(n.dir.Find(item.SHA256)) == 0 {
				return false
			}
		}
		return err == nil
	})
	for _, n := range all {
		verdict, err := n.dir.Verify(c.Context(), n.dir.Find(item.SHA256)[0])
		require.NoError(c, err)
		require.EqualValues(c, "valid", verdict.State, "%s on %s: %s", item.Place, n.name, verdict.Reason)
	}
}

// Datasets belong to nodes that train, and only the newest of them.
func TestDatasetsGoWhereItIsTrained(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, trainer, player := c.add("node-a", spec.RoleStorage), c.add("trainer", spec.RoleTraining), c.add("player", spec.RoleSelfplay)
	features := datatest.Array{Name: "features", Descr: "'<f4'", Shape: "(2, 3)", Bytes: 24}
	values := datatest.Array{Name: "values", Descr: "'<f4'", Shape: "(2,)", Bytes: 8}
	item := a.put(data.RoleDataset, "sq5_2p/samples.npz", datatest.Dataset(t, features, values))
	a.distribute(modeldistribution.Config{})
	c.everywhere(item, trainer)
	c.eventually("it is told", func() bool { return len(told[bus.DatasetDistributionComplete](c)) == 1 })
	require.Equal(t, []string{"trainer"}, told[bus.DatasetDistributionComplete](c)[0].DeliveredTo)
	require.Empty(t, player.dir.Find(item.SHA256))
}

// A node that is away waits, is told as waiting and not as failed, and gets the model when it is back.
func TestNodeThatIsAwayGetsItLater(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a", spec.RoleTraining), c.add("node-b", spec.RoleSelfplay)
	model := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("model"))
	b.stop()
	c.promote(model, "sq5_2p", 0)
	a.distribute(modeldistribution.Config{})
	c.eventually("it is told as waiting", func() bool {
		started := told[bus.ModelDistributionStarted](c)
		return len(started) > 0 && len(started[0].Waiting) == 1
	})
	require.Empty(t, told[bus.ModelDistributionFailed](c))
	b.start()
	c.everywhere(model, a, b)
	c.eventually("it is told as complete", func() bool { return len(told[bus.ModelDistributionComplete](c)) == 1 })
}

func TestRow(t *testing.T) {
	t.Parallel()
	row := modeldistribution.Declare(modeldistribution.Config{}).Spec
	require.Equal(t, "create_model_distribution", row.Runner)
	require.Equal(t, []spec.Type{"EVENT_ROUTER", "EVALUATION", "AUTO_PROMOTION"}, row.DependsOn)
	require.Equal(t, spec.ScopeCluster, row.Scope)
}
