//go:build acceptance

package processcompose_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/testkit"
)

// patience bounds every wait, poll is between two looks.
const (
	patience = 3 * time.Minute
	poll     = 100 * time.Millisecond
)

// programs is where make build puts them.
var programs = filepath.Join("..", "..", "bin")

var server testkit.SharedServer

// project is a project of process-compose, imported, on a real server and worker.
type project struct {
	testing.TB
	dir     string // of the project
	port    int
	environ []string
}

// TestAcceptanceShop: one-shots in a row, variables of files, a probe over HTTP, an edge to what is healthy, and a stop
// by the signal that the project chose.
func TestAcceptanceShop(t *testing.T) {
	p := imported(t, "shop", "process-compose.yaml", "SHOP_NAME='the corner shop'\nSHOP_TOKEN=open-sesame\nSHOP_PORT=%d\n")
	p.starter("up", "--file", p.path("daemons.yaml"), "--wait", "--timeout", patience.String())
	p.eventually(func() bool { return strings.Contains(p.read("journal"), "bought\n") }, "the buyer buys")
	require.Equal(t, "migrate\nseed tea\nseed a cup\napi\nbuyer\nbought\n", p.read("journal"))
	require.JSONEq(t, `{"greeting": "welcome to the corner shop", "currency": "EUR", "items": [["a cup", 1], ["tea", 1]]}`, p.get("/"))
	require.ElementsMatch(t, []string{"API", "BUYER", "MIGRATE", "SEED"}, p.daemons(), "what is disabled is not there")

	p.starter("down", "--timeout", patience.String())
	require.Equal(t, "buyer ends\napi ends by SIGINT\n", strings.TrimPrefix(p.read("journal"), "migrate\nseed tea\nseed a cup\napi\nbuyer\nbought\n"))
	p.requireClosed()
}

// TestAcceptancePipeline: an edge to a line of output, replicas, a shell of the project's own, and a question with a
// shell's means.
func TestAcceptancePipeline(t *testing.T) {
	p := imported(t, "pipeline", "process-compose.yml", "QUEUE_PORT=%d\n")
	p.starter("up", "--file", p.path("daemons.yaml"), "--wait", "--timeout", patience.String())
	p.eventually(func() bool { return strings.HasSuffix(p.read("summary.txt"), "summary by summary, replica 0\n") }, "the jobs are done and counted")
	require.Equal(t, "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\nsummary by summary, replica 0\n", p.read("summary.txt"), "each job once")
	require.ElementsMatch(t, []string{"PRODUCER", "QUEUE", "SUMMARY", "WORKER_0", "WORKER_1"}, p.daemons())
	for _, replica := range []string{"out/worker-0.txt", "out/worker-1.txt"} {
		require.FileExists(t, p.path(replica))
	}
	p.starter("down", "--timeout", patience.String())
	p.requireClosed()
}

// TestAcceptanceSite: a file that extends another, a folder and variables that are overridden, a schedule.
func TestAcceptanceSite(t *testing.T) {
	p := imported(t, "site", "process-compose.yaml", "SITE_PORT=%d\n")
	p.starter("up", "--file", p.path("daemons.yaml"), "--wait", "--timeout", patience.String())
	require.Equal(t, "<h1>example: index</h1>\n", p.get("/index.html"))
	require.Equal(t, "overridden 127.0.0.1:"+strconv.Itoa(p.port), p.read("public/stage.txt"))
	p.eventually(func() bool { return strings.Count(p.read("stamps.txt"), "\n") >= 3 }, "the schedule runs")
	require.ElementsMatch(t, []string{"BUILD", "HOURLY", "NIGHTLY", "STAMP", "WEB"}, p.daemons())
	p.starter("down", "--timeout", patience.String())
	p.requireClosed()
	stamps := p.read("stamps.txt")
	times := strings.Fields(stamps)
	first, err := strconv.Atoi(times[0])
	require.NoError(t, err)
	last, err := strconv.Atoi(times[len(times)-1])
	require.NoError(t, err)
	require.LessOrEqual(t, len(times), last-first+1, "no more than one run a second: %s", stamps)
}

// imported copies a project, with variables of this test, imports it with the real starter, and starts a worker.
func imported(t *testing.T, name, file, variables string) *project {
	t.Helper()
	namespace, _ := server.Namespace(t)
	first := testkit.FreePorts(t, 3)
	address := func(offset int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(first+offset)) }
	p := &project{TB: t, dir: t.TempDir(), port: first}
	require.NoError(t, os.CopyFS(p.dir, os.DirFS(filepath.Join("testdata", "projects", name))))
	write(t, p.path(".env"), fmt.Sprintf(variables, p.port))
	data := t.TempDir()
	p.environ = append(os.Environ(), "DATA_DIR="+data, "NODE_ID=node-1", "BUS_LISTEN="+address(1), "HEALTH_ADDR="+address(2),
		"TEMPORAL_ADDRESS="+server.Address(), "TEMPORAL_NAMESPACE="+namespace, "TEMPORAL_CONFIG_FILE="+os.DevNull)
	p.starter("import", "process-compose", p.path(file), "--write", p.path("daemons.yaml"))
	p.work(data)
	return p
}

// work starts the worker, which ends with the test. If that fails, the ends of the logs are told.
func (p *project) work(data string) {
	p.Helper()
	command := exec.Command(filepath.Join(programs, "worker"))
	command.Env = p.environ
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var log bytes.Buffer
	command.Stderr = &log
	require.NoError(p, command.Start(), "make build builds it")
	p.Cleanup(func() {
		ended := make(chan error, 1)
		require.NoError(p, command.Process.Signal(syscall.SIGTERM))
		go func() { ended <- command.Wait() }()
		select {
		case <-ended:
		case <-time.After(patience):
			_ = command.Process.Kill() // it is told right below
			p.Errorf("the worker does not drain within %s", patience)
		}
		if !p.Failed() {
			return
		}
		p.Logf("the worker: %s", tail(log.String()))
		outputs, _ := filepath.Glob(filepath.Join(data, "logs", "output", "*.log")) // the pattern is valid
		for _, path := range outputs {
			text, err := os.ReadFile(path)
			p.Logf("%s: %s %v", filepath.Base(path), tail(string(text)), err)
		}
	})
}

func tail(text string) string { return text[max(0, len(text)-4000):] }

func (p *project) path(name string) string { return filepath.Join(p.dir, name) }

// read is a file of the project, empty as long as there is none.
func (p *project) read(name string) string {
	p.Helper()
	text, err := os.ReadFile(p.path(name))
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(p, err)
	}
	return string(text)
}

// starter runs the operator's program and returns what it prints.
func (p *project) starter(arguments ...string) string {
	p.Helper()
	command := exec.CommandContext(p.Context(), filepath.Join(programs, "starter"), arguments...)
	command.Env = p.environ
	var said bytes.Buffer
	command.Stderr = &said
	printed, err := command.Output()
	require.NoError(p, err, "starter %s: %s%s", strings.Join(arguments, " "), printed, &said)
	return string(printed)
}

// daemons are the types of the fleet, in the order in which they start.
func (p *project) daemons() []string {
	p.Helper()
	var report struct {
		Daemons []string `json:"daemons"`
	}
	require.NoError(p, json.Unmarshal([]byte(p.starter("up", "--file", p.path("daemons.yaml"), "--dry-run", "-o", "json")), &report))
	return report.Daemons
}

// get reads a page of the project's server.
func (p *project) get(path string) string {
	p.Helper()
	response, err := http.Get("http://" + p.address() + path)
	require.NoError(p, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(p, err)
	require.Equal(p, http.StatusOK, response.StatusCode, "%s", text)
	return string(text)
}

func (p *project) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

// requireClosed demands that nobody listens any more.
func (p *project) requireClosed() {
	p.Helper()
	connection, err := net.Dial("tcp", p.address())
	if err == nil {
		connection.Close()
	}
	require.ErrorIs(p, err, syscall.ECONNREFUSED)
}

func (p *project) eventually(holds func() bool, what string) {
	p.Helper()
	require.Eventually(p, holds, patience, poll, what)
}
