package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// patience bounds every wait of these tests, pollInterval is between two looks.
const (
	patience     = 2 * time.Minute
	pollInterval = 100 * time.Millisecond
)

var server testkit.SharedServer

// rig is a namespace of a real server and real worker processes of one data folder.
type rig struct {
	t         *testing.T
	client    client.Client
	namespace string
	dir       string
	http      string
	bus       string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	namespace, connection := server.Namespace(t)
	return &rig{t: t, client: connection, namespace: namespace, dir: t.TempDir(), http: freeAddress(t), bus: freeAddress(t)}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// work starts a worker process, which is told to drain by the function returned, at the latest with the test.
func (r *rig) work(settings ...string) (drain func()) {
	r.t.Helper()
	_, drain = r.start(settings...)
	return drain
}

// start is work for who wants to kill the process, which then is not told to drain.
func (r *rig) start(settings ...string) (kill, drain func()) {
	r.t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asWorker+"=1", "DATA_DIR="+r.dir, "NODE_ID=node-1", "HEALTH_ADDR="+r.http,
		"BUS_LISTEN="+r.bus, "TEMPORAL_ADDRESS="+server.Address(), "TEMPORAL_NAMESPACE="+r.namespace)
	command.Env = append(command.Env, settings...)
	var log bytes.Buffer
	command.Stderr = &log
	require.NoError(r.t, command.Start())
	var once sync.Once
	end := func(signal syscall.Signal, wait func(error)) func() {
		return func() {
			once.Do(func() {
				require.NoError(r.t, command.Process.Signal(signal))
				wait(command.Wait())
			})
		}
	}
	kill = end(syscall.SIGKILL, func(err error) { require.Error(r.t, err, "it was killed") })
	drain = end(syscall.SIGTERM, func(err error) { require.NoError(r.t, err, "%s", &log) })
	r.t.Cleanup(drain)
	return kill, drain
}

// up asks for all daemons and waits until every one is ready.
func (r *rig) up() {
	r.t.Helper()
	registry, err := daemons.Registry(daemons.Catalog(daemons.Config{}))
	require.NoError(r.t, err)
	types, err := registry.Set(spec.SetFull)
	require.NoError(r.t, err)
	run, planned, err := registry.Plan(types)
	require.NoError(r.t, err)
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	fleet := r.fleet()
	_, err = fleet.Up(ctx, spec.UpRequest{Installation: "test", Daemons: run, Planned: planned})
	require.NoError(r.t, err)
	require.NoError(r.t, fleet.WaitReady(ctx, nil, nil))
}

func (r *rig) fleet() *control.Client {
	return control.New(r.client, control.Options{Namespace: r.namespace, Actor: "test", AnswerTimeout: patience})
}

// get reads a page of the worker's own server.
func (r *rig) get(path string) string {
	r.t.Helper()
	response, err := http.Get("http://" + r.http + path)
	require.NoError(r.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(r.t, err)
	require.Equal(r.t, http.StatusOK, response.StatusCode, "%s", text)
	return string(text)
}

// spool hands an event in as another program does.
func (r *rig) spool(name, content string) {
	r.t.Helper()
	outside := filepath.Join(r.t.TempDir(), name)
	require.NoError(r.t, os.WriteFile(outside, []byte(content), 0o600))
	require.NoError(r.t, os.Rename(outside, filepath.Join(r.dir, "events", "in", name)))
}
