package program_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/program"
	"github.com/ringrift/orchestrator/internal/spec"
)

// The test binary is also the shim.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == process.ShimArgument {
		syscall.Exit(process.ShimMain()) // os.Exit takes a second under the race detector
	}
	os.Exit(testMain(m))
}

// shared is one event bus for all tests; the daemons of each have types of their own.
var shared *bus.Client

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "program-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	server, err := bus.StartServer(bus.ServerConfig{Dir: dir, Listen: "127.0.0.1:-1"})
	if err != nil {
		panic(err)
	}
	defer server.Shutdown(context.Background())
	shared, err = bus.Connect(bus.ClientConfig{URL: server.URL(), Name: "program-test", Timeout: patience, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	defer shared.Close()
	if err := shared.EnsureStreams(context.Background()); err != nil {
		panic(err)
	}
	return m.Run()
}

const (
	// patience bounds every wait of these tests.
	patience = 2 * time.Minute
	poll     = 10 * time.Millisecond
)

// tokenVariable is in the environment of every process that a test starts: they are recognised by it in /proc, by
// other means than the code under test uses.
const tokenVariable = "TEST_TOKEN"

// rig is a worker's host that runs programs in a folder.
type rig struct {
	t      *testing.T
	host   *host.Host
	kind   spec.Type // of its daemon
	dir    string
	logDir string
	token  string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	token := rand.Text()
	r := &rig{t: t, kind: spec.Type("JOB_" + token), dir: t.TempDir(), logDir: t.TempDir(), token: token}
	require.NoError(t, os.Chmod(r.dir, 0o755)) // for programs of other users
	scope, err := process.Scope(r.dir)
	require.NoError(t, err)
	r.host = host.New(host.Config{
		Node: "node-1", DataDir: r.dir, Bus: shared, LogDir: r.logDir, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Programs: program.New(program.Options{
			Scope: scope, LogDir: r.logDir, Processors: process.NewProcessors(),
			Environment: []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/worker", "USER=worker", "WORKERS_OWN=yes", "WORKERS_SECRET=hunter2hunter2"},
		}),
	}, nil)
	return r
}

// service is the row of a service that runs a script.
func (r *rig) service(script string, changes ...func(*spec.Daemon)) spec.Daemon {
	row := spec.Daemon{
		Type: r.kind, Category: "misc", Scope: spec.ScopeCluster, HealthCheckInterval: 20 * time.Millisecond, UnhealthyThreshold: 1_000_000,
		StartupGrace: time.Nanosecond, ReadyTimeout: patience, StopTimeout: patience, StabilityWindow: time.Hour,
		Program: &spec.Program{
			Name: "job", Kind: spec.ProgramService, Command: []string{"/bin/sh", "-c", script}, Directory: r.dir,
			Environment: map[string]string{tokenVariable: r.token}, StopSignal: "SIGTERM", StopGrace: 10 * time.Second,
			SuccessCodes: []int{0}, LogLimit: 1 << 20, LogKeep: 2,
		},
	}
	for _, change := range changes {
		change(&row)
	}
	return row
}

// oneShot is the row of a program that runs to its end.
func (r *rig) oneShot(script string, changes ...func(*spec.Daemon)) spec.Daemon {
	return r.service(script, append(changes, func(row *spec.Daemon) { row.Program.Kind = spec.ProgramOneShot })...)
}

// sleeps is a script that runs until it is stopped.
const sleeps = "exec sleep 100000"

// attempt is one run of a daemon, and what its observer has heard.
type attempt struct {
	rig     *rig
	id      string
	ready   chan spec.Health
	changes chan spec.Health
	exit    chan host.Exit
}

func (a *attempt) Ready(verdict spec.Health)  { a.ready <- verdict }
func (a *attempt) Health(verdict spec.Health) { a.changes <- verdict }

// run starts an attempt; it ends with the test.
func (r *rig) run(row spec.Daemon) *attempt { return r.runAs(row, time.Now().UnixNano()) }

func (r *rig) runAs(row spec.Daemon, epoch int64) *attempt {
	r.t.Helper()
	assignment := host.Assignment{Spec: row, Epoch: epoch, Attempt: 1}
	ctx, cancel := context.WithCancel(context.Background())
	a := &attempt{rig: r, id: assignment.ID(), ready: make(chan spec.Health, 10), changes: make(chan spec.Health, 1000), exit: make(chan host.Exit, 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.exit <- r.host.Run(ctx, assignment, a)
	}()
	r.t.Cleanup(func() {
		cancel()
		receive(r.t, ended, "the attempt to end with its context")
	})
	return a
}

func (r *rig) runReady(row spec.Daemon) *attempt {
	r.t.Helper()
	a := r.run(row)
	a.awaitReady()
	return a
}

func (a *attempt) awaitReady() spec.Health {
	a.rig.t.Helper()
	select {
	case verdict := <-a.ready:
		return verdict
	case exit := <-a.exit:
		require.FailNow(a.rig.t, "it ended before it was ready", "%+v", exit)
	case <-time.After(patience):
		require.FailNow(a.rig.t, "waited too long for ready")
	}
	panic("unreachable")
}

// awaitExit waits for the end of the attempt, which leaves no process.
func (a *attempt) awaitExit() host.Exit {
	a.rig.t.Helper()
	exit := receive(a.rig.t, a.exit, "the end of the attempt")
	require.False(a.rig.t, exit.Abandoned)
	return exit
}

// stop tells the daemon to end, and returns how it ended.
func (a *attempt) stop() host.Exit {
	a.rig.t.Helper()
	require.True(a.rig.t, a.rig.host.Stop(a.id, 0, spec.StopForOperator), "%s runs", a.id)
	exit := a.awaitExit()
	require.Equal(a.rig.t, host.ExitStopped, exit.Kind)
	a.rig.requireNone()
	return exit
}

// failed waits until the attempt has failed for a cause, and returns why.
func (a *attempt) failed(cause spec.Cause) string {
	a.rig.t.Helper()
	exit := a.awaitExit()
	require.Equal(a.rig.t, host.ExitFailed, exit.Kind, "%v", exit.Err)
	require.Equal(a.rig.t, cause, exit.Cause, "%v", exit.Err)
	a.rig.requireNone()
	return exit.Err.Error()
}

func (a *attempt) requireNotReady() {
	a.rig.t.Helper()
	require.Empty(a.rig.t, a.ready, "ready too early")
}

// awaitHealth waits for a verdict of the host.
func (a *attempt) awaitHealth(what string, holds func(spec.Health) bool) {
	a.rig.t.Helper()
	a.rig.eventually(what, func() bool { return holds(a.rig.host.Health(a.id)) })
}

func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	require.Eventually(r.t, holds, patience, poll, what)
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		require.FailNow(t, "waited too long", "for %s", what)
	}
	panic("unreachable")
}

// processes are the command lines of what lives with the test's token in its environment.
func (r *rig) processes() (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is valid
	for _, file := range files {
		environment, _ := os.ReadFile(file) // no environment, no process
		if bytes.Contains(environment, []byte(tokenVariable+"="+r.token)) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

func (r *rig) requireNone() {
	r.t.Helper()
	require.Empty(r.t, r.processes(), "no process is left")
}

func (r *rig) touch(name string) {
	r.t.Helper()
	require.NoError(r.t, os.WriteFile(filepath.Join(r.dir, name), nil, 0o644))
}

func (r *rig) write(name, text string) string {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	require.NoError(r.t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// lines is how many lines a file of the folder has; none if it is not there.
func (r *rig) lines(name string) int {
	text, _ := os.ReadFile(filepath.Join(r.dir, name))
	return bytes.Count(text, []byte("\n"))
}

func (r *rig) exists(name string) bool {
	_, err := os.Stat(filepath.Join(r.dir, name))
	return err == nil
}

// output is what the program has written so far, without the time before each line.
func (r *rig) output(a *attempt) string {
	text, _ := os.ReadFile(program.OutputLog(r.logDir, a.id))
	var plain strings.Builder
	for line := range strings.Lines(string(text)) {
		_, line, _ = strings.Cut(line, " ")
		plain.WriteString(line)
	}
	return plain.String()
}

// exec is a probe by a script, asked often.
func exec(script string) *spec.Probe {
	return often(spec.Probe{Exec: []string{"/bin/sh", "-c", script}})
}

// often gives a probe short times.
func often(probe spec.Probe) *spec.Probe {
	probe.Interval, probe.Timeout, probe.Success, probe.Failure = 20*time.Millisecond, patience, 1, 3
	return &probe
}
