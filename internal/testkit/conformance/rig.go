package conformance

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

const node = "node-1"

// rig is one host with one daemon in its catalog. Every test of the suite is an epoch of its own on the
// shared bus, or the fence of an earlier test would hold.
type rig struct {
	host        *host.Host
	declaration host.Declaration
	base        int64
	close       func() // ends the use of the data files
}

func (s Suite) rig(t *testing.T, declaration host.Declaration, events *bus.Client, place string) *rig {
	t.Helper()
	declaration.Spec.StartupGrace = time.Hour // the suite judges the daemon, not the host
	files, err := data.Open(data.Config{Path: filepath.Join(place, "data"), Node: node})
	require.NoError(t, err)
	closeFiles := sync.OnceFunc(func() { require.NoError(t, files.Close()) })
	t.Cleanup(closeFiles)
	return &rig{
		host: host.New(host.Config{
			Node: node, DataDir: filepath.Join(place, "data"), ClusterDir: filepath.Join(place, "cluster"),
			Bus: events, Ledger: s.Ledger, Jobs: s.Jobs, Files: files, Logger: quiet(), Now: time.Now,
		}, []host.Declaration{declaration}),
		declaration: declaration, base: time.Now().UnixNano(), close: closeFiles,
	}
}

// run is one attempt under observation.
type run struct {
	assignment host.Assignment
	ready      chan struct{}
	exited     chan host.Exit
}

// Ready is called by the host.
func (r *run) Ready(spec.Health) { close(r.ready) }

// Health is called by the host.
func (r *run) Health(spec.Health) {}

func (r *rig) start(ctx context.Context, attempt int) *run {
	one := &run{
		assignment: host.Assignment{Spec: r.declaration.Spec, Epoch: r.base + int64(attempt), Attempt: attempt},
		ready:      make(chan struct{}), exited: make(chan host.Exit, 1),
	}
	if one.assignment.Spec.Scope == spec.ScopeNode {
		one.assignment.Node = node
	}
	go func() { one.exited <- r.host.Run(ctx, one.assignment, one) }()
	return one
}

func (r *run) awaitReady(t *testing.T) {
	t.Helper()
	select {
	case <-r.ready:
	case exit := <-r.exited:
		require.FailNow(t, "ended before it was ready", "%s: %v", exit.Kind, exit.Err)
	case <-time.After(patience):
		require.FailNow(t, "not ready in time")
	}
}

func (r *run) awaitExit(t *testing.T) host.Exit {
	t.Helper()
	select {
	case exit := <-r.exited:
		return exit
	case <-time.After(patience):
		require.FailNow(t, "did not end in time")
		return host.Exit{}
	}
}
