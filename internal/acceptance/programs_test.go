//go:build acceptance

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// BenchmarkPrograms starts and stops the reference's graph as 78 real processes, ready by a line of their output.
func BenchmarkPrograms(b *testing.B) {
	for _, one := range []struct {
		what   string
		warmUp time.Duration
		bar    time.Duration
	}{{"78 processes READY", 0, 2 * time.Second}, {"78 processes READY, warming up 200 ms each", 200 * time.Millisecond, 2500 * time.Millisecond}} {
		var ready, stopped, worker, server figures
		for range startRounds {
			fleet := testkit.NewFleet(b, testkit.ReferenceRows(b))
			fleet.AsPrograms(b, one.warmUp)
			node := fleet.StartNode(b, "node-1")
			node.AwaitWorking(b)
			serverUsed, workerUsed := processorTime(b, fleet.Server.PID()), processorTime(b, node.PID())
			ready = append(ready, measureUp(b, fleet))
			server = append(server, processorTime(b, fleet.Server.PID())-serverUsed)
			worker = append(worker, processorTime(b, node.PID())-workerUsed)
			fleet.AwaitSettled(b, spec.PhaseRunning, patience)
			stopped = append(stopped, measureDown(b, fleet))
			require.Empty(b, fleet.Entries(b).EarlyStarts(fleet.Rows), "edges")
			require.Empty(b, fleet.Entries(b).EarlyStops(fleet.Rows), "edges")
			node.Kill(b)
			fleet.Server.Kill(b)
		}
		report.within(one.what, ready, 0.5, one.bar, fmt.Sprintf("processor time: server %s, worker %s; the shims' and the processes' beside",
			short(server.quantile(0.5)), short(worker.quantile(0.5))))
		report.within(one.what+": stopped in order", stopped, 0.5, time.Second, "SIGTERM, layer after layer")
	}
}

// BenchmarkProgramKilled kills processes, one at a time.
func BenchmarkProgramKilled(b *testing.B) {
	fleet := testkit.NewFleet(b, testkit.IndependentRows(20))
	fleet.AsPrograms(b, 0)
	fleet.StartNode(b, "node-1")
	fleet.Up(b)
	fleet.AwaitReady(b, patience)
	fleet.AwaitSettled(b, spec.PhaseRunning, patience)
	var back figures
	for _, row := range fleet.Rows {
		elapse(600 * time.Millisecond) // or the brake on restart storms would be measured
		began := time.Now()
		fleet.KillProgram(b, row.Type)
		back = append(back, awaitAct(b, fleet, spec.WorkflowID(row.Type, ""), testkit.ActReady, began).Sub(began))
	}
	report.within("killed process running again, first failure", back, 1, 1100*time.Millisecond, "a delay of 1 s ± 5 %")
}

// BenchmarkProgramsIdle leaves 78 processes alone.
func BenchmarkProgramsIdle(b *testing.B) {
	fleet := testkit.NewFleet(b, testkit.ReferenceRows(b))
	fleet.AsPrograms(b, 0)
	node := fleet.StartNode(b, "node-1")
	fleet.Up(b)
	fleet.AwaitReady(b, patience)
	fleet.AwaitSettled(b, spec.PhaseRunning, patience)
	measureIdle(b, fleet, node, "78 processes, idle", 0.05, 120)
	shims := proportional(b, node.PID())
	require.Len(b, shims, len(fleet.Rows))
	largest := slices.Max(shims)
	report.add("a shim's memory", fmt.Sprintf("largest %.1f MB", largest), "< 8 MB", largest < 8, "proportional set size")
}

// proportional is the memory of each child of a process, in MB: what processes share counts in parts.
func proportional(b *testing.B, parent int) []float64 {
	b.Helper()
	var sizes []float64
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(b, err)
	for _, path := range paths {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if fields[1] != strconv.Itoa(parent) {
			continue
		}
		rollup, err := os.ReadFile(filepath.Join(filepath.Dir(path), "smaps_rollup"))
		require.NoError(b, err)
		for line := range strings.Lines(string(rollup)) {
			if rest, found := strings.CutPrefix(line, "Pss:"); found {
				kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
				require.NoError(b, err)
				sizes = append(sizes, kilobytes/1024)
			}
		}
	}
	return sizes
}
