package modeldistribution_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/distribution/modeldistribution"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/spec"
)

// TestDistributionSurvivesKill kills the daemon again and again while it distributes: in the end each model is
// verified on each node and came to it once, there is one delivery for each of them, and each model is told once.
func TestDistributionSurvivesKill(t *testing.T) {
	if url := os.Getenv("DISTRIBUTION_BUS"); url != "" {
		distributeUntilKilled(t, url)
		return
	}
	t.Parallel()
	c := setup(t)
	a := c.add("node-a", spec.RoleTraining)
	all := []*node{a, c.add("node-b", spec.RoleSelfplay), c.add("node-c", spec.RoleSelfplay)}
	var models []data.Item
	for i, config := range []string{"sq5_2p", "sq5_3p", "hex3_2p", "hex3_4p", "hex8_2p", "hex8_3p", "hex8_4p", "square8_2p"} {
		model := a.put(data.RoleModel, config+"/canonical.bin", weights(config))
		models = append(models, model)
		c.promote(model, config, 0)
		if i%2 == 1 { // there is always something new to do
			c.killOne()
		}
	}
	a.distribute(modeldistribution.Config{})
	for _, model := range models {
		c.everywhere(model, all...)
		deliveries, err := c.ledger.Deliveries(t.Context(), model.SHA256.String(), ledger.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, deliveries.Items, 2, "one for each node that lacked it")
		for _, delivery := range deliveries.Items {
			require.NotEqual(t, ledger.DeliveryFailed, delivery.State)
		}
	}
	c.eventually("all are told", func() bool { return len(told[bus.ModelDistributionComplete](c)) >= len(models) })
	complete := map[string]int{}
	for _, one := range told[bus.ModelDistributionComplete](c) {
		require.Equal(t, []string{"node-a", "node-b", "node-c"}, one.DeliveredTo)
		complete[one.SHA256]++
	}
	for _, model := range models {
		require.Equal(t, 1, complete[model.SHA256.String()], "model %s is told once", model.Name)
	}
	c.eventually("all arrivals are told", func() bool { return len(told[bus.DataSyncCompleted](c)) >= 2*len(models) })
	require.Len(t, told[bus.DataSyncCompleted](c), 2*len(models), "each came to each node once")
}

// killOne runs the daemon in a process of its own and kills it at a random moment.
func (c *cluster) killOne() {
	c.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestDistributionSurvivesKill$", "-test.count=1")
	child.Env = append(os.Environ(), "DISTRIBUTION_BUS="+c.url, "DISTRIBUTION_LEDGER="+c.file, "DISTRIBUTION_DIR="+c.shared,
		fmt.Sprintf("DISTRIBUTION_EPOCH=%d", c.epoch.Add(1)))
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	require.NoError(c, err)
	require.NoError(c, child.Start())
	c.Cleanup(func() { _ = child.Process.Kill() }) // mostly it is gone
	_, err = output.Read(make([]byte, 1))
	require.NoError(c, err, "it begins")
	time.AfterFunc(rand.N(300*time.Millisecond), func() { _ = child.Process.Kill() }) // it is known to run, and Wait tells
	require.Error(c, child.Wait(), "it was killed")
}

func distributeUntilKilled(t *testing.T, url string) {
	epoch, err := strconv.ParseInt(os.Getenv("DISTRIBUTION_EPOCH"), 10, 64)
	require.NoError(t, err)
	opened := ledgertest.Open(t, ledger.Config{Path: os.Getenv("DISTRIBUTION_LEDGER")})
	dir := os.Getenv("DISTRIBUTION_DIR")
	declaration := modeldistribution.Declare(modeldistribution.Config{
		Token: usualToken, Interval: 20 * time.Millisecond, Pace: 10 * time.Millisecond, Alive: 10 * time.Second, FirstRetry: 500 * time.Millisecond,
	})
	runner := host.New(host.Config{
		Node: "node-a", DataDir: t.TempDir(), ClusterDir: dir, Bus: bustest.Connect(t, url), Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Ledger: func(context.Context) (*ledger.Ledger, error) { return opened, nil },
	}, []host.Declaration{declaration})
	fmt.Println("begins")
	runner.Run(context.Background(), host.Assignment{Spec: declaration.Spec, Epoch: epoch, Attempt: 1}, &observer{ready: make(chan struct{})})
}

// A delivery that a killed copy has taken and not asked for is not left alone until it counts as abandoned.
func TestDeliveryThatAKilledCopyTook(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a", spec.RoleTraining), c.add("node-b", spec.RoleSelfplay)
	model := a.put(data.RoleModel, "sq5_2p/canonical.bin", weights("model"))
	c.promote(model, "sq5_2p", 0)
	_, err := c.session.AddItem(t.Context(), ledger.Item{SHA256: model.SHA256.String(), Role: "model", Name: model.Name, ConfigKey: "sq5_2p", Bytes: model.Bytes})
	require.NoError(t, err)
	_, err = c.session.Want(t.Context(), model.SHA256.String(), 1, "node-b")
	require.NoError(t, err)
	_, err = c.session.BeginDelivery(t.Context(), model.SHA256.String(), "node-b", time.Hour)
	require.NoError(t, err)
	a.distribute(modeldistribution.Config{})
	c.everywhere(model, a, b)
}
