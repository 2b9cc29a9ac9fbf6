package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// twoPrograms is a file in which one program waits for another, which works hard and is ready after a third of a second.
const twoPrograms = `version: 1
daemons:
  ticker:
    shell: "sleep 0.3; echo ready; while true; do echo tick; for i in 1 2 3 4 5 6 7 8 9; do :; done; sleep 0.02; done"
    readiness: {log: "^ready"}
    category: clocks
  reader:
    shell: "exec sleep 1000"
    depends_on: [ticker]
`

// starter runs a command line of the starter on a machine that has none of the nodes' folders.
func (r *rig) starter(arguments ...string) (output string) {
	r.t.Helper()
	var out, faults bytes.Buffer
	config := cli.Config{Operator: "test"}
	config.NodeID, config.DataDir, config.ClusterDir, config.BusListen = "elsewhere", filepath.Join(r.dir, "elsewhere"), filepath.Join(r.dir, "starter"), r.bus
	code := cli.Execute(r.t.Context(), cli.System{
		Config:       config,
		OpenRegistry: func() (*spec.Registry, error) { return daemons.Registry(daemons.Catalog(daemons.Config{})) },
		OpenControl: func(ctx context.Context, _ cli.Config) (*control.Client, error) {
			return control.Dial(ctx, client.Options{HostPort: server.Address(), Namespace: r.namespace}, control.Options{Actor: "test", AnswerTimeout: patience})
		},
		OpenBus: func(cli.Config) (*bus.Client, error) {
			return bus.Connect(bus.ClientConfig{URL: "nats://" + r.bus, Name: "starter"})
		},
		OpenLedger: func(context.Context, cli.Config) (*ledger.Ledger, error) { return nil, cli.ErrNoLedger },
		In:         strings.NewReader(""), Out: &out, Err: &faults, Now: time.Now,
	}, arguments)
	require.Equal(r.t, cli.ExitDone, code, "%v: %s", arguments, &faults)
	return out.String()
}

// From a machine that has nothing of the nodes, the log of a program is read where it runs, its use of the machine is
// measured, and the chain of the start-up tells what it waited for.
func TestAtTheTerminal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	cluster := t.TempDir()
	r.work("CLUSTER_DIR=" + cluster)
	r.work("CLUSTER_DIR="+cluster, "DATA_DIR="+t.TempDir(), "NODE_ID=node-2", "HEALTH_ADDR="+freeAddress(t))
	file := filepath.Join(t.TempDir(), "daemons.yaml")
	require.NoError(t, os.WriteFile(file, []byte(twoPrograms), 0o644))
	r.starter("up", "--set", "minimal", "--file", file, "--wait", "--timeout", patience.String())

	require.Contains(t, r.starter("logs", "ticker", "-n", "5"), "tick")
	require.Contains(t, r.starter("logs", "ticker", "--lifecycle"), "process started")
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		require.NotContains(c, r.starter("top"), "unknown:", "both nodes are known and answer")
	}, patience, pollInterval)

	var top struct {
		Daemons []struct {
			Daemon, Category  string
			CPU               *float64 `json:"cpu_percent"`
			Memory, Processes *int64
		}
	}
	require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(r.starter("top", "-o", "json"), "memory_bytes", "memory")), &top))
	seen := map[string]bool{}
	for _, row := range top.Daemons {
		seen[row.Daemon] = true
		switch row.Daemon {
		case "TICKER":
			require.Equal(t, "clocks", row.Category)
			require.NotNil(t, row.CPU)
			require.Positive(t, *row.CPU)
			require.Positive(t, *row.Memory)
			require.Positive(t, *row.Processes)
		case "EVENT_ROUTER":
			require.Nil(t, row.CPU, "it shares the worker's process")
			require.Nil(t, row.Memory)
		}
	}
	require.True(t, seen["TICKER"] && seen["READER"] && seen["EVENT_ROUTER"], "%v", seen)

	var chain struct {
		Chain   []string
		Daemons []struct {
			Daemon    string
			WaitedFor string    `json:"waited_for"`
			StartedAt time.Time `json:"started_at"`
			ReadyAt   time.Time `json:"ready_at"`
			Took      float64   `json:"took_seconds"`
			Slack     *float64  `json:"slack_seconds"`
		}
	}
	require.EventuallyWithT(t, func(c *assert.CollectT) { // the workflows hear after the supervisor that all are ready
		require.NoError(c, json.Unmarshal([]byte(r.starter("critical-chain", "reader", "-o", "json")), &chain))
		require.Equal(c, []string{"READER", "TICKER"}, chain.Chain)
	}, patience, pollInterval)
	for _, member := range chain.Daemons {
		if member.Daemon == "TICKER" {
			require.Greater(t, member.Took, 0.3)
			require.Zero(t, *member.Slack, "READER waited for nothing else")
		}
	}
	r.starter("down")
	require.Contains(t, r.starter("logs", "ticker", "-n", "1"), "tick", "also when it has ended")
}
