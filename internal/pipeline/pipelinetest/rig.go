package pipelinetest

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

// Config is the configuration that the rig plays if a test names no other.
const Config = "sq5_2p"

// Rig is a ledger, a bus and the nodes that a test adds; New adds one, node-1.
type Rig struct {
	*testing.T
	Ledger *ledger.Ledger
	// Session writes beside the daemons, fenced by nobody.
	Session *ledger.Session
	Bus     *bus.Client
	// Mini is the workload, Workloads the set of it alone.
	Mini      *workload.Workload
	Workloads workload.Set
	Node      *Node

	places    places
	recorder  *jobs.Recorder
	pipeline  *pipeline.Recorder
	workflows *workflows
}

// places say where the parts of a rig are, for a process that uses them too.
type places struct{ ledger, bus, workload string }

// New returns a rig with one node.
func New(t *testing.T, mini *workloadtest.Mini) *Rig { return newRig(t, mini.Dir()) }

func newRig(t *testing.T, workload string) *Rig {
	t.Helper()
	events := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	r := open(t, places{filepath.Join(t.TempDir(), "ledger.db"), events.URL(), workload})
	bustest.CreateStreams(t, events.URL())
	r.Node = r.AddNode("node-1")
	return r
}

// open uses a rig's parts without any of its nodes.
func open(t *testing.T, where places) *Rig {
	t.Helper()
	r := &Rig{T: t, Ledger: ledgertest.Open(t, ledger.Config{Path: where.ledger}), Bus: bustest.Connect(t, where.bus), places: where}
	r.workflows = &workflows{looks: map[string]jobs.Look{}}
	r.Session = r.Ledger.Session("TEST", 0)
	var err error
	r.Mini, err = workload.Load(where.workload)
	require.NoError(t, err)
	r.Workloads, err = workload.NewSet(r.Mini)
	require.NoError(t, err)
	opened := func(context.Context) (*ledger.Ledger, error) { return r.Ledger, nil }
	r.recorder = jobs.NewRecorder(jobs.RecorderConfig{Open: opened, Publish: r.publish(jobs.Party)})
	r.pipeline = pipeline.NewRecorder(pipeline.RecorderConfig{
		Open: opened, Publish: r.publish(pipeline.Party), Logger: quiet(),
		Terms: func(string) pipeline.Terms { return pipeline.Terms{Wanted: true} },
	})
	return r
}

// publish puts the events of the machinery into the log, as its outbox would.
func (r *Rig) publish(party spec.Type) func(context.Context, ...bus.Event) error {
	session := r.Bus.Session(party, "", 0)
	return func(ctx context.Context, events ...bus.Event) error {
		for _, event := range events {
			if err := session.PublishEvent(ctx, event); err != nil {
				return err
			}
		}
		return nil
	}
}

// Told returns the log's events of these names, oldest first.
func (r *Rig) Told(names ...bus.Name) []bus.Event {
	r.Helper()
	return bustest.Events(r, r.Bus, names...)
}

// runtime is what a daemon is given. A higher epoch fences lower ones.
func (r *Rig) runtime(row spec.Daemon, epoch int64) host.Runtime {
	rt := host.Runtime{
		Spec: row, Node: "node-1", Epoch: epoch, Logger: quiet(), Now: time.Now, Bus: r.Bus.Session(row.Type, "", epoch),
		Ledger: func(context.Context) (*ledger.Session, error) { return r.Ledger.Session(string(row.Type), epoch), nil },
		Jobs:   r.workflows, DataDir: r.TempDir(), ClusterDir: filepath.Dir(r.places.ledger),
	}
	if r.Node != nil {
		rt.Files = r.Node.Files
	}
	return rt
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
