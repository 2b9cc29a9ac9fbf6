//go:build acceptance

package programs

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// rig is an installation of a test's own: a server, workers, and a folder for files of daemons.
type rig struct {
	testing.TB
	server  *testkit.Server
	dir     string // of the files of daemons
	data    string // DATA_DIR of the first worker and of the starter
	port    int    // the first of four
	token   string // in the environment of every process of its daemons
	workers []*worker
}

// worker is one worker, which can be killed and started again.
type worker struct {
	rig     *rig
	node    string
	environ []string
	log     string
	process *exec.Cmd // nil while it does not run
}

// setup starts a server and workers; no daemon is up.
func setup(t testing.TB, nodes int) *rig {
	t.Helper()
	binary, err := filepath.Abs(binaries)
	require.NoError(t, err)
	binaries = binary
	r := &rig{TB: t, server: testkit.StartServer(t), dir: folder(t), data: folder(t), port: testkit.FreePorts(t, nodes+1), token: rand.Text()}
	t.Cleanup(r.requireNone)
	for number := range nodes {
		r.workers = append(r.workers, r.newWorker(number))
	}
	t.Cleanup(func() {
		for _, one := range r.workers {
			one.end()
		}
	})
	for _, one := range r.workers {
		one.start()
	}
	return r
}

// folder is a folder of the test that other users can enter.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for each := dir; each != os.TempDir() && each != "/"; each = filepath.Dir(each) {
		require.NoError(t, os.Chmod(each, 0o755))
	}
	return dir
}

// environ is what workers and starter have in common.
func (r *rig) environ() []string {
	return append(os.Environ(), "TEMPORAL_ADDRESS="+r.server.Address(), "TEMPORAL_CONFIG_FILE="+os.DevNull,
		"CLUSTER_DIR="+filepath.Join(r.data, "cluster"), "BUS_LISTEN="+r.address(0), "OPERATOR=tester")
}

func (r *rig) address(offset int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port+offset))
}

func (r *rig) newWorker(number int) *worker {
	one := &worker{rig: r, node: "node-" + strconv.Itoa(number+1)}
	data := r.data
	if number > 0 {
		data = filepath.Join(r.data, one.node)
	}
	one.environ = append(r.environ(), "DATA_DIR="+data, "NODE_ID="+one.node, "HEALTH_ADDR="+r.address(number+1), tokenVariable+"_OF_WORKER="+r.token)
	one.log = filepath.Join(r.TB.TempDir(), "worker.log")
	return one
}

func (w *worker) start() {
	w.rig.Helper()
	log, err := os.OpenFile(w.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(w.rig, err)
	defer log.Close()
	w.process = exec.Command(filepath.Join(binaries, "worker"))
	w.process.Env, w.process.Stdout, w.process.Stderr = w.environ, log, log
	require.NoError(w.rig, w.process.Start())
}

// kill ends the worker as a crash does.
func (w *worker) kill() {
	w.rig.Helper()
	require.NoError(w.rig, w.process.Process.Kill())
	_ = w.process.Wait() // it was killed
	w.process = nil
}

// end lets the worker hand over and end; it tells the last words of a test that has failed.
func (w *worker) end() {
	if w.process != nil {
		_ = w.process.Process.Signal(syscall.SIGTERM) // it may have ended
		killer := time.AfterFunc(patience, func() { _ = w.process.Process.Kill() })
		_ = w.process.Wait() // how it ends is not the point
		killer.Stop()
	}
	if w.rig.Failed() {
		text, _ := os.ReadFile(w.log)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		w.rig.Logf("%s:\n%s", w.node, strings.Join(lines[max(0, len(lines)-10):], "\n"))
	}
}

// write makes a file of daemons, in which TOKEN stands for the variable that processes are known by.
func (r *rig) write(name, text string) string {
	r.Helper()
	path := filepath.Join(r.dir, name)
	require.NoError(r, os.WriteFile(path, []byte(strings.ReplaceAll(text, "TOKEN", tokenVariable+": "+r.token)), 0o644))
	return path
}

// starter runs the operator's program, which has to succeed, and returns what it printed.
func (r *rig) starter(arguments ...string) string {
	r.Helper()
	printed, err := r.try(arguments...)
	require.NoError(r, err, "starter %s: %s", strings.Join(arguments, " "), printed)
	return printed
}

func (r *rig) try(arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*patience)
	defer cancel()
	command := exec.CommandContext(ctx, filepath.Join(binaries, "starter"), arguments...)
	command.Env = append(r.environ(), "DATA_DIR="+r.data)
	var errors bytes.Buffer
	command.Stderr = &errors
	printed, err := command.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, errors.String())
	}
	return string(printed), err
}

// up applies a file and waits until all of it is ready.
func (r *rig) up(path string) string {
	r.Helper()
	return r.starter("up", "--file", path, "--wait", "--timeout", patience.String())
}

// info is what a daemon says of itself.
func (r *rig) info(name string) (info spec.Info) {
	r.Helper()
	printed, err := r.try("info", name, "-o", "json")
	if err != nil {
		return info // as while its workflow is just being started
	}
	require.NoError(r, json.Unmarshal([]byte(printed), &info))
	return info
}

// awaitPhase waits until a daemon is in a phase, and returns what it says of itself then.
func (r *rig) awaitPhase(name string, phase spec.Phase) (info spec.Info) {
	r.Helper()
	require.Eventually(r, func() bool {
		info = r.info(name)
		return info.Phase == phase
	}, patience, poll, "%s is %s", name, phase)
	return info
}

// eventually waits for what comes by itself.
func (r *rig) eventually(holds func() bool, what string, values ...any) {
	r.Helper()
	require.Eventually(r, holds, patience, poll, append([]any{what}, values...)...)
}

// lines are those of a file that daemons write in their folder.
func (r *rig) lines(name string) []string {
	text, _ := os.ReadFile(filepath.Join(r.dir, name)) // none if it is not there yet
	return strings.Fields(string(text))
}
