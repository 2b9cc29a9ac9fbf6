//go:build acceptance

package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// longTraining is long enough for a node to die in the middle, and for its checkpoints to be seen.
const longTraining = "preset: fast\nloop:\n  configs: [" + configKey + "]\n  iterations: 0\n" +
	"train:\n  epochs: 1500\n  early_stop_patience: 0\n  checkpoint_every: 1s\n  run_limit: 9m\n"

// settling is what a daemon may need beyond its heartbeat timeout, to be started and to become ready elsewhere.
const settling = 15 * time.Second

// TestLoopMovesOffDeadNodes kills, of three nodes, the one that trains and later the one that has the event bus and other
// cluster daemons. Nobody starts them again for a while: the training goes on elsewhere from a checkpoint, the daemons move
// within their heartbeat timeout, and the loop comes to its end.
func TestLoopMovesOffDeadNodes(t *testing.T) {
	r := setupWith(t, 3, longTraining)
	trainer, job := r.trainer()
	killed := time.Now()
	trainer.kill()
	r.eventually(2*patience, func() bool {
		return r.number("SELECT count(*) FROM jobs WHERE job_id = ? AND finished_at IS NOT NULL", job) == 1
	},
		"training %s ends: %q", job, r.attempts())
	r.requireGoneOn(job, trainer)
	t.Logf("training of %s killed on %s is done after %.0f s", job, trainer.name, time.Since(killed).Seconds())
	r.limit(limited([]string{configKey}, 0))
	r.repair()

	host := r.hostOf("EVENT_ROUTER")
	moved, ended := r.clusterDaemons(host), r.ended()
	killed = time.Now()
	host.kill()
	r.requireMoved(moved, host, killed)
	if testing.Short() {
		return // what follows takes as long as the stages' deadlines
	}
	r.eventually(within(5*time.Minute), func() bool { return r.ended() > ended }, "the loop goes on: %q", r.outcomes())
	t.Logf("an iteration has ended %.0f s after the death of %s", time.Since(killed).Seconds(), host.name)
	r.repair()
	r.requireAtRest([]string{configKey}, r.finishLoop([]string{configKey}))
}

// trainer waits until a training is under way and it is known that another node has a copy of a checkpoint of it.
func (r *rig) trainer() (at *node, job string) {
	r.Helper()
	r.eventually(2*patience, func() bool {
		for _, row := range r.ledger("SELECT node || ' ' || job_id FROM jobs WHERE kind = 'train' AND status = 'running'") {
			name, id, _ := strings.Cut(row, " ")
			for _, node := range r.nodes {
				if node.name == name {
					at, job = node, id
				}
			}
			if r.number(`SELECT count(*) FROM holders JOIN items USING (sha256) WHERE role = 'checkpoint' AND name LIKE '%' || ? || '%'
				AND node <> ? AND state <> 'gone'`, id, name) > 0 {
				return true
			}
		}
		return false
	}, "another node has a checkpoint of a training: %q", r.outcomes())
	return at, job
}

// requireGoneOn proves that a training whose node has died went on elsewhere, and not from its beginning.
func (r *rig) requireGoneOn(id string, from *node) {
	r.Helper()
	var report jobs.Report
	require.NoError(r, json.Unmarshal([]byte(r.ledger("SELECT result FROM jobs WHERE job_id = ?", id)[0]), &report))
	require.NotEqual(r, from.name, report.Node)
	var metrics workload.TrainMetrics
	require.NoError(r, json.Unmarshal(report.Metrics, &metrics))
	require.Equal(r, r.number("SELECT json_extract(request, '$.params.epochs') FROM jobs WHERE job_id = ?", id), metrics.EpochsCompleted, "as the plan says")
	for _, node := range r.nodes {
		if node.name != report.Node {
			continue
		}
		logs, err := filepath.Glob(filepath.Join(node.dir, "jobs", id, "*", "stdout.log"))
		require.NoError(r, err)
		require.NotEmpty(r, logs, "what the last attempt said")
		first := firstProgress(r, logs[len(logs)-1])
		require.Greater(r, first, 2.0, "the epoch at which it went on on %s; flags: %q", node.name, report.Flags)
		r.Logf("training went on on %s at epoch %.0f; flags: %q", node.name, first, report.Flags)
	}
}

// firstProgress is how far a command was when it first told.
func firstProgress(r *rig, path string) float64 {
	text, err := os.ReadFile(path)
	require.NoError(r, err)
	for line := range strings.Lines(string(text)) {
		var told workload.Line
		if json.Unmarshal([]byte(line), &told) == nil && told.T == workload.LineProgress {
			return told.Done
		}
	}
	return 0
}

// clusterDaemons are those of which there is one in the cluster, and which run on a node.
func (r *rig) clusterDaemons(on *node) (found []spec.Daemon) {
	r.Helper()
	for _, declared := range daemons.Catalog(daemons.Config{}) {
		var info spec.Info
		if declared.Spec.Scope != spec.ScopeCluster {
			continue
		}
		r.starter(&info, "info", string(declared.Spec.Type))
		if info.Phase == spec.PhaseRunning && strings.HasPrefix(info.Worker, on.name+"-") {
			found = append(found, declared.Spec)
		}
	}
	require.NotEmpty(r, found, "cluster daemons on %s", on.name)
	return found
}

// hostOf is the node that a daemon runs on.
func (r *rig) hostOf(daemon spec.Type) *node {
	r.Helper()
	var info spec.Info
	r.starter(&info, "info", string(daemon))
	for _, node := range r.nodes {
		if strings.HasPrefix(info.Worker, node.name+"-") {
			return node
		}
	}
	require.Fail(r, "no node runs it", "%s: %s", daemon, info.Worker)
	return nil
}

// requireMoved waits until each of the daemons runs on another node than that which was killed at a time, within its
// heartbeat timeout and what it takes to start.
func (r *rig) requireMoved(daemons []spec.Daemon, from *node, killed time.Time) {
	r.Helper()
	for pending := daemons; len(pending) > 0; <-time.After(poll) {
		pending = slices.DeleteFunc(slices.Clone(pending), func(daemon spec.Daemon) bool {
			took := time.Since(killed)
			require.Less(r, took, within(daemon.HeartbeatTimeout+settling), "%s is still on %s", daemon.Type, from.name)
			moved := r.runsElsewhere(daemon.Type, from)
			if moved {
				r.Logf("%s (heartbeat timeout %s) has left %s after %.1f s", daemon.Type, daemon.HeartbeatTimeout, from.name, took.Seconds())
			}
			return moved
		})
	}
}

func (r *rig) runsElsewhere(daemon spec.Type, than *node) bool {
	var info spec.Info
	return r.ask(&info, "info", string(daemon)) == nil && info.Phase == spec.PhaseRunning && !strings.HasPrefix(info.Worker, than.name+"-")
}

// ended is how many iterations are over.
func (r *rig) ended() int {
	r.Helper()
	return r.number("SELECT count(*) FROM iterations WHERE ended_at IS NOT NULL")
}
