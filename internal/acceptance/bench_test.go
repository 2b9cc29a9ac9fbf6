//go:build acceptance

package acceptance

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

const startRounds = 5

// BenchmarkStart starts and stops the reference's graph of 78 daemons in one worker process, each time on a
// fresh server, beside the floor: what the bare server needs for as many empty workflows.
func BenchmarkStart(b *testing.B) {
	var ready, stopped, server, worker, floor, floorServer, again figures
	for range startRounds {
		bare, used := measureFloor(b, len(testkit.ReferenceRows(b)))
		floor, floorServer = append(floor, bare), append(floorServer, used)

		fleet := testkit.NewFleet(b, testkit.ReferenceRows(b))
		node := fleet.StartNode(b, "node-1")
		node.AwaitWorking(b)
		serverUsed, workerUsed := processorTime(b, fleet.Server.PID()), processorTime(b, node.PID())
		ready = append(ready, measureUp(b, fleet))
		server = append(server, processorTime(b, fleet.Server.PID())-serverUsed)
		worker = append(worker, processorTime(b, node.PID())-workerUsed)
		fleet.AwaitSettled(b, spec.PhaseRunning, patience)
		stopped = append(stopped, measureDown(b, fleet))
		fleet.AwaitSettled(b, spec.PhaseStopped, patience)
		again = append(again, measureUp(b, fleet))
		node.Kill(b)
		fleet.Server.Kill(b)
	}
	cost := fmt.Sprintf("processor time: server %s, worker %s", short(server.quantile(0.5)), short(worker.quantile(0.5)))
	report.within("78 READY, first start", ready, 0.5, 2*time.Second, cost)
	report.within("78 READY, after a stop", again, 0.5, 2*time.Second, "the same, and replay of longer histories")
	report.add("floor: 78 empty workflows with one activity", floor.String(), "", false,
		fmt.Sprintf("processor time: server %s", short(floorServer.quantile(0.5))))
	report.add("78 READY against the floor", fmt.Sprintf("× %.1f in time, × %.1f in processor time of the server",
		ratio(ready, floor), ratio(server, floorServer)), "", false, "")
	report.within("78 stopped in order", stopped, 0.5, time.Second, "one control activity a worker, layer after layer")
}

// BenchmarkSingleStop stops daemons on which nobody depends, one at a time, by a plain signal.
func BenchmarkSingleStop(b *testing.B) {
	fleet, _ := runningFleet(b, testkit.ReferenceRows(b))
	var took figures
	for _, daemon := range leaves(fleet.Rows)[:40] {
		elapse(rand.N(200 * time.Millisecond))
		began := time.Now()
		require.NoError(b, signal(b, fleet, daemon, spec.VerbStop))
		took = append(took, awaitEnd(b, fleet, spec.WorkflowID(daemon, ""), began).Sub(began))
	}
	report.within("single stop, signal to end", took, 0.99, 200*time.Millisecond, "two workflow tasks and one control activity")
}

// BenchmarkCrash lets daemons fail for the first time, one at a time.
func BenchmarkCrash(b *testing.B) {
	dir := b.TempDir()
	rows := testkit.IndependentRows(20)
	for i := range rows {
		rows[i].Params = map[string]string{testkit.ParamFailFile: filepath.Join(dir, string(rows[i].Type))}
	}
	fleet, _ := runningFleet(b, rows)
	var back figures
	for _, row := range rows {
		elapse(600 * time.Millisecond) // or the brake on restart storms would be measured
		began := time.Now()
		require.NoError(b, os.WriteFile(row.Params[testkit.ParamFailFile], nil, 0o600))
		id := spec.WorkflowID(row.Type, "")
		ended := awaitEnd(b, fleet, id, began)
		back = append(back, awaitAct(b, fleet, id, testkit.ActReady, ended).Sub(ended))
	}
	report.within("crash to running again, first failure", back, 1, 1100*time.Millisecond, "a delay of 1 s ± 5 %")
}

// BenchmarkFailOver ends one of two workers, in order and by kill -9.
func BenchmarkFailOver(b *testing.B) {
	fleet, first := runningFleet(b, testkit.ReferenceRows(b))
	second := fleet.StartNode(b, "node-2")
	second.AwaitWorking(b)
	began := time.Now()
	first.Drain(b)
	fleet.AwaitReady(b, patience)
	moved := gaps(b, fleet.Entries(b).After(began))
	report.within("fail-over, SIGTERM: gap", moved, 1, time.Second, "one hand-over each, all at once")

	fleet.AwaitSettled(b, spec.PhaseRunning, patience)
	began = time.Now()
	second.Kill(b)
	second.Start(b)
	back := figures{fleet.AwaitReady(b, patience).Sub(began)}
	report.within("kill -9, the worker restarted: all READY", back, 1, 5*time.Second, "start of the process, take-over of its records")

	first.Start(b)
	first.AwaitWorking(b)
	fleet.AwaitSettled(b, spec.PhaseRunning, patience)
	began = time.Now()
	second.Kill(b)
	elsewhere := figures{fleet.AwaitReady(b, 3*time.Minute).Sub(began)}
	report.add("kill -9, the worker stays dead: all READY elsewhere", elsewhere.String(), "", false, "heartbeat timeout: 60 s, 30 s if critical")
}

// BenchmarkIdle leaves fleets alone and looks at what they cost.
func BenchmarkIdle(b *testing.B) {
	fleet, node := runningFleet(b, testkit.ReferenceRows(b))
	measureIdle(b, fleet, node, "78 daemons, idle", 0.05, 120)
}

// BenchmarkThousand starts 1,000 daemons: ten per-node types on a hundred nodes, which one process plays and
// which the supervisor knows.
func BenchmarkThousand(b *testing.B) {
	rows := testkit.IndependentRows(10)
	for i := range rows {
		rows[i].Scope = spec.ScopeNode
	}
	nodes := make([]string, 100)
	for i := range nodes {
		nodes[i] = fmt.Sprintf("node-%d", i)
	}
	fleet := testkit.NewFleet(b, rows)
	node := fleet.StartNode(b, nodes...)
	fleet.Announce(b)
	used, usedHere := processorTime(b, fleet.Server.PID()), processorTime(b, node.PID())
	took := figures{measureUp(b, fleet)}
	report.within("1,000 READY: 10 types on 100 nodes", took, 1, 25*time.Second, fmt.Sprintf("processor time: server %s, workers %s",
		short(processorTime(b, fleet.Server.PID())-used), short(processorTime(b, node.PID())-usedHere)))
	measureIdle(b, fleet, node, "1,000 daemons, idle", 0, 0)
	report.add("1,000 stopped", short(measureDown(b, fleet)), "", false, "one control activity for each node")
}

// runningFleet is a fleet whose daemons all run, in one node process, and whose workflows know it.
func runningFleet(b *testing.B, rows []spec.Daemon) (*testkit.Fleet, *testkit.Node) {
	b.Helper()
	fleet := testkit.NewFleet(b, rows)
	node := fleet.StartNode(b, "node-1")
	fleet.Up(b)
	fleet.AwaitReady(b, patience)
	fleet.AwaitSettled(b, spec.PhaseRunning, patience)
	return fleet, node
}

func measureUp(b *testing.B, fleet *testkit.Fleet) time.Duration {
	b.Helper()
	began := time.Now()
	fleet.Up(b)
	return fleet.AwaitReady(b, 3*time.Minute).Sub(began)
}

func measureDown(b *testing.B, fleet *testkit.Fleet) time.Duration {
	b.Helper()
	began := time.Now()
	fleet.Down(b)
	return fleet.AwaitStopped(b, patience).Sub(began)
}

// measureIdle notes the share of one core and the memory, with a bar where one is given.
func measureIdle(b *testing.B, fleet *testkit.Fleet, node *testkit.Node, what string, coreBar, megabyteBar float64) {
	b.Helper()
	const length = time.Minute
	awaitQuiet(b, fleet)
	server, worker, events := processorTime(b, fleet.Server.PID()), processorTime(b, node.PID()), totalEvents(b, fleet)
	elapse(length)
	serverShare := share(processorTime(b, fleet.Server.PID())-server, length)
	workerShare := share(processorTime(b, node.PID())-worker, length)
	grown := totalEvents(b, fleet) - events
	bar, memoryBar := "", ""
	if coreBar > 0 {
		bar, memoryBar = fmt.Sprintf("< %.0f %% of a core", 100*coreBar), fmt.Sprintf("worker < %.0f MB", megabyteBar)
	}
	report.add(what+": processor", fmt.Sprintf("server %.1f %% + worker %.1f %% of a core", 100*serverShare, 100*workerShare),
		bar, serverShare+workerShare < coreBar, "one heartbeat a daemon and half timeout, long polls")
	memory := residentMemory(b, node.PID())
	report.add(what+": memory", fmt.Sprintf("server %.0f MB, worker %.0f MB", residentMemory(b, fleet.Server.PID()), memory),
		memoryBar, memory < megabyteBar, "")
	perHour := float64(grown) / float64(len(fleet.Entries(b).Live())) * float64(time.Hour/length)
	report.add(what+": events a daemon and hour", fmt.Sprintf("%.1f", perHour), "0", grown == 0, "")
}

// awaitQuiet waits until no history grows any more: the last reports of a start are sent at leisure, the more daemons
// there are.
func awaitQuiet(b *testing.B, fleet *testkit.Fleet) {
	b.Helper()
	const quiet, looks = 30 * time.Second, 20
	before := totalEvents(b, fleet)
	for range looks {
		elapse(quiet)
		now := totalEvents(b, fleet)
		if now == before {
			return
		}
		before = now
	}
	b.Logf("histories still grow after %s", looks*quiet)
}

func share(used, of time.Duration) float64 { return used.Seconds() / of.Seconds() }

func ratio(of, to figures) float64 { return of.quantile(0.5).Seconds() / to.quantile(0.5).Seconds() }

func totalEvents(b *testing.B, fleet *testkit.Fleet) (total int64) {
	b.Helper()
	for _, events := range historyLengths(b, fleet) {
		total += events
	}
	return total
}
