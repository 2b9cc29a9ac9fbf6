package testkit

import (
	"context"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// fleetPatience bounds every wait of a Fleet that names no limit of its own.
const fleetPatience = 60 * time.Second

// Fleet is a whole installation of test daemons: a Temporal server, an event bus, nodes that come and go,
// and the journal that tells what the daemons really did.
type Fleet struct {
	Server  *Server
	Control *control.Client
	Rows    []spec.Daemon

	journal *Journal
	path    string // of the journal
	bus     *bus.Server
	nodes   []string
	dir     string
}

// NewFleet starts the server and the bus of a fleet that will run the rows. Nodes are the test's to start.
func NewFleet(t testing.TB, rows []spec.Daemon, flags ...string) *Fleet {
	t.Helper()
	f := &Fleet{Server: StartServer(t, flags...), Rows: rows, dir: t.TempDir()}
	f.Control = control.New(f.Server.Client(), control.Options{
		Namespace: serverNamespace, Address: f.Server.Address(), Actor: "test", AnswerTimeout: fleetPatience,
	})
	f.startBus(t)
	f.path = filepath.Join(f.dir, "journal")
	journal, err := OpenJournal(f.path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, journal.Close()) })
	f.journal = journal
	return f
}

// Up asks the supervisor for exactly the fleet's rows.
func (f *Fleet) Up(t testing.TB) {
	t.Helper()
	f.up(t, f.Rows)
}

// Announce starts a supervisor without daemons and waits until it knows every node.
func (f *Fleet) Announce(t testing.TB) {
	t.Helper()
	f.up(t, nil)
	require.Eventually(t, func() bool {
		status, err := f.Control.Status(t.Context())
		return err == nil && len(status.Nodes) == len(f.nodes)
	}, fleetPatience, 100*time.Millisecond, "%d nodes announce themselves", len(f.nodes))
}

func (f *Fleet) up(t testing.TB, rows []spec.Daemon) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fleetPatience)
	defer cancel()
	_, err := f.Control.Up(ctx, spec.UpRequest{Installation: "test", Daemons: rows})
	require.NoError(t, err, "up")
}

// Down stops the fleet and returns what became of each daemon.
func (f *Fleet) Down(t testing.TB) spec.DownResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fleetPatience)
	defer cancel()
	result, err := f.Control.Down(ctx, spec.Command{})
	if err != nil {
		f.explain(t, slices.Collect(maps.Keys(f.Entries(t).Live())))
	}
	require.NoError(t, err, "down")
	return result
}

// Info asks one daemon for its state.
func (f *Fleet) Info(t testing.TB, daemon spec.Type) spec.Info {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fleetPatience)
	defer cancel()
	info, err := f.Control.Info(ctx, control.Target{Type: daemon})
	require.NoError(t, err, "info of %s", daemon)
	return info
}

// Infos asks every daemon of the fleet for its state.
func (f *Fleet) Infos(t testing.TB) map[spec.Type]spec.Info {
	t.Helper()
	infos := make(map[spec.Type]spec.Info, len(f.Rows))
	for _, row := range f.Rows {
		infos[row.Type] = f.Info(t, row.Type)
	}
	return infos
}

// Entries returns the journal so far.
func (f *Fleet) Entries(t testing.TB) Entries {
	t.Helper()
	entries, err := f.journal.Entries()
	require.NoError(t, err)
	return entries
}

// AwaitReady waits until every daemon has exactly one ready copy and those excepted have none, by the
// journal, and returns when the last of them became ready.
func (f *Fleet) AwaitReady(t testing.TB, patience time.Duration, except ...spec.Type) time.Time {
	t.Helper()
	var last time.Time
	f.Await(t, patience, "one ready copy of each daemon", func(entries Entries) []string {
		last = entries.Acts(ActReady).Last()
		return f.misplaced(entries, except)
	})
	return last
}

// AwaitStopped waits until no daemon runs, by the journal, and returns when the last of them ended.
func (f *Fleet) AwaitStopped(t testing.TB, patience time.Duration) time.Time {
	t.Helper()
	var last time.Time
	f.Await(t, patience, "no copy of any daemon", func(entries Entries) []string {
		last = entries.Acts(ActEnd).Last()
		var running []string
		for id := range entries.Live() {
			running = append(running, id)
		}
		return running
	})
	return last
}

// AwaitSettled waits until the workflow of every daemon has heard what the journal knows: reports are sent
// at leisure.
func (f *Fleet) AwaitSettled(t testing.TB, phase spec.Phase, patience time.Duration) {
	t.Helper()
	f.Await(t, patience, "phase "+string(phase)+" of each daemon", func(Entries) []string {
		var others []string
		for name, info := range f.Infos(t) {
			if info.Phase != phase {
				others = append(others, spec.WorkflowID(name, "")+" is "+string(info.Phase))
			}
		}
		return others
	})
}

// CLI runs the temporal CLI against the fleet's server, as an operator does, and returns what it printed.
func (f *Fleet) CLI(t testing.TB, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), fleetPatience)
	defer cancel()
	command := exec.CommandContext(ctx, f.Server.binary, append(arguments, "--address", f.Server.address)...)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "temporal %s: %s", strings.Join(arguments, " "), output)
	return string(output)
}

// Await polls the journal until nothing is missing, and says what is when the time is over.
func (f *Fleet) Await(t testing.TB, patience time.Duration, what string, missing func(Entries) []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	for {
		rest := missing(f.Entries(t))
		if len(rest) == 0 {
			return
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			f.explain(t, rest)
			require.Failf(t, what, "not within %s: %d missing, such as %v", patience, len(rest), rest[:min(5, len(rest))])
		}
	}
}

// misplaced lists the daemons, by workflow id, that do not have the one ready copy they should have, or have
// one they should not. A per-node daemon should have one on every node.
func (f *Fleet) misplaced(entries Entries, except []spec.Type) []string {
	live := entries.Live()
	var found []string
	for _, row := range f.Rows {
		nodes := []string{""}
		if row.Scope == spec.ScopeNode {
			nodes = f.nodes
		}
		for _, node := range nodes {
			id := spec.WorkflowID(row.Type, node)
			copies := slices.DeleteFunc(live[id], func(c Copy) bool { return c.Frozen })
			idle := slices.Contains(except, row.Type) && len(copies) == 0
			if !idle && (len(copies) != 1 || !copies[0].Ready || slices.Contains(except, row.Type)) {
				found = append(found, id)
			}
		}
	}
	return found
}

func (f *Fleet) startBus(t testing.TB) {
	t.Helper()
	server, err := bus.StartServer(bus.ServerConfig{Dir: filepath.Join(f.dir, "bus"), Listen: "127.0.0.1:-1"})
	require.NoError(t, err, "start the event bus")
	t.Cleanup(func() { require.NoError(t, server.Shutdown(context.Background()), "stop the event bus") })
	f.bus = server
	bustest.CreateStreams(t, server.URL())
}
