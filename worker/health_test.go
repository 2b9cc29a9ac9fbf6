package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// What the page of one node says of the health of all daemons, wherever they run, is what the starter says, and no daemon
// leaves it unknown.
func TestThePageAndTheStarterAgreeOnHealth(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	cluster := t.TempDir()
	r.work("CLUSTER_DIR=" + cluster)
	r.work("CLUSTER_DIR="+cluster, "DATA_DIR="+t.TempDir(), "NODE_ID=node-2", "HEALTH_ADDR="+freeAddress(t))
	r.up()
	fleet := r.fleet()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var page struct{ Daemons []spec.Info }
		require.NoError(c, json.Unmarshal([]byte(r.get("/status")), &page))
		status, err := fleet.Status(t.Context())
		require.NoError(c, err)
		want := verdicts(status.Daemons)
		require.Equal(c, want, verdicts(page.Daemons))
		for name, health := range want {
			require.NotEqual(c, spec.HealthUnknown, health, name)
		}
	}, 2*patience, pollInterval)
}

// verdicts are those of daemons, groups and members by name.
func verdicts(rows []spec.Info) map[string]spec.HealthStatus {
	all := map[string]spec.HealthStatus{}
	for _, row := range rows {
		all[fmt.Sprintf("%s %s %s", row.Daemon, row.Node, row.Kind)] = row.Health.Status
		for name, health := range verdicts(row.Members) {
			all[name] = health
		}
	}
	return all
}
