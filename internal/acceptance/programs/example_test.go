//go:build acceptance

package programs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
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

// example is the documented example on ports and in a folder of a test's own.
type example struct {
	*rig
	files []string
	site  string
	taken int // orders that were accepted
}

// services are the example's daemons, those that depend on others behind them.
var services = []string{"prepare", "postgres", "redis", "migrate", "web", "report"}

func newExample(r *rig) *example {
	r.Helper()
	source := filepath.Join(testkit.ModuleRoot(r), "docs", "examples", "five-services")
	port := testkit.FreePorts(r, 3)
	ports := strings.NewReplacer("5433", strconv.Itoa(port), "6390", strconv.Itoa(port+1), "8088", strconv.Itoa(port+2), "@every 30s", "@every 2s")
	names, err := os.ReadDir(source)
	require.NoError(r, err)
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(source, name.Name()))
		require.NoError(r, err)
		require.NoError(r, os.WriteFile(filepath.Join(r.dir, name.Name()), []byte(ports.Replace(string(text))), 0o644))
	}
	e := &example{rig: r, site: fmt.Sprintf("http://127.0.0.1:%d/", port+2), files: []string{filepath.Join(r.dir, "daemons.yaml")}}
	if os.Geteuid() == 0 {
		e.files = append(e.files, filepath.Join(r.dir, "root.yaml"))
	}
	// The probes of postgres and redis are commands too, which would look like copies; neither of them can run twice on its
	// port and folder.
	marks := "daemons:\n"
	for _, name := range services {
		marks += "  " + name + ": {restart: {max_restarts: 1000, max_delay: 1s}, env: {TOKEN"
		if name != "postgres" && name != "redis" {
			marks += ", RIG_DAEMON: " + name
		}
		marks += "}}\n"
	}
	e.files = append(e.files, r.write("marks.yaml", marks))
	return e
}

// flags name the files for the starter.
func (e *example) flags() (flags []string) {
	for _, file := range e.files {
		flags = append(flags, "--file", file)
	}
	return flags
}

// answer is what the site tells.
type answer struct{ Visits, Orders, Reports int }

// order takes an order, and demands that none before it is forgotten.
func (e *example) order() (said answer, works bool) {
	e.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Post(e.site, "", nil)
	if err != nil {
		return said, false
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return said, false
	}
	require.NoError(e, json.NewDecoder(response.Body).Decode(&said))
	e.taken++
	require.GreaterOrEqual(e, said.Orders, e.taken, "no order is lost")
	return said, true
}

func (e *example) awaitWorking(after string) {
	e.Helper()
	e.eventually(func() bool {
		_, works := e.order()
		return works
	}, "the site works after %s", after)
}

// everything are the processes of the example, also those that hide their environment: by where they run.
func (e *example) everything() (pids []int) {
	entries, _ := filepath.Glob("/proc/[0-9]*") // the pattern is valid
	for _, entry := range entries {
		place, err := os.Readlink(filepath.Join(entry, "cwd"))
		if err == nil && (place == e.dir || strings.HasPrefix(place, e.dir+"/")) {
			pid, _ := strconv.Atoi(filepath.Base(entry)) // the pattern is of digits
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestFiveServices runs the example of docs/examples/five-services: in order, against kill -9 of each process and of the
// worker, and down in order.
func TestFiveServices(t *testing.T) {
	r := setup(t, 1)
	e := newExample(r)
	r.starter(append([]string{"up", "--wait", "--timeout", patience.String()}, e.flags()...)...)
	e.requireStartOrder()
	e.awaitWorking("the start")
	e.eventually(func() bool {
		said, works := e.order()
		return works && said.Reports > 0
	}, "a report is made")

	for _, daemon := range []string{"web", "redis", "postgres"} {
		e.killEach(daemon)
	}
	require.Equal(t, spec.PhaseCompleted, r.info("migrate").Phase)

	before := e.everything()
	r.workers[0].kill()
	r.workers[0].start()
	e.eventually(func() bool { return len(intersection(before, e.everything())) == 0 }, "what the dead worker ran is gone")
	e.awaitWorking("the worker was killed")
	r.awaitPhase("report", spec.PhaseRunning)

	r.starter("down", "--timeout", patience.String())
	e.requireStopOrder()
	require.Empty(t, e.everything())
	require.Empty(t, r.processes())
}

// killEach kills every process of a daemon, one after the other.
func (e *example) killEach(daemon string) {
	e.Helper()
	copies := e.services(daemon)
	require.Len(e, copies, 1, daemon)
	victims := append(e.below(copies[0]), copies[0])
	for _, victim := range victims {
		if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
			continue // PostgreSQL ends the others of its processes when one is killed
		}
		e.awaitWorking(fmt.Sprintf("kill -9 of pid %d of %s", victim, daemon))
	}
	e.eventually(func() bool {
		now := e.services(daemon)
		return len(now) == 1 && now[0] != copies[0]
	}, "a new %s", daemon)
	info := e.awaitPhase(daemon, spec.PhaseRunning)
	require.Equal(e, 1, info.RestartCount, "%s: %s", daemon, info.LastError)
	require.Contains(e, info.LastError, "killed by SIGKILL", daemon)
}

// programs are the names by which the kernel knows the services' processes: some hide their environment.
var programs = map[string]string{"postgres": "postgres", "redis": "redis-server", "web": "python3"}

// services are the main processes of a daemon: a shim holds them.
func (e *example) services(daemon string) (pids []int) {
	for _, pid := range e.everything() {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		fields, gone := statOf(pid)
		if err != nil || gone != nil || strings.TrimSpace(string(name)) != programs[daemon] {
			continue
		}
		holder, err := os.Readlink("/proc/" + fields[1] + "/exe")
		if err == nil && filepath.Base(holder) == "shim" {
			pids = append(pids, pid)
		}
	}
	return pids
}

// below are the descendants of a process.
func (e *example) below(root int) (pids []int) {
	for _, pid := range e.everything() {
		fields, err := statOf(pid)
		if err != nil || pid == root {
			continue
		}
		if parent, _ := strconv.Atoi(fields[1]); parent == root {
			pids = append(append(pids, e.below(pid)...), pid)
		}
	}
	return pids
}

func (e *example) requireStartOrder() {
	e.Helper()
	for _, edge := range [][2]string{{"prepare", "postgres"}, {"prepare", "redis"}, {"postgres", "migrate"}, {"migrate", "web"}, {"redis", "web"}, {"migrate", "report"}} {
		first, then := e.info(edge[0]), e.info(edge[1])
		require.True(e, first.Phase.Ready(), edge[0])
		require.False(e, began(then).Before(first.Since), "%s begins when %s is ready", edge[1], edge[0])
	}
}

// began is when a daemon was started first.
func began(info spec.Info) time.Time {
	for _, transition := range info.Transitions {
		if transition.To == spec.PhaseStarting {
			return transition.At
		}
	}
	return time.Time{}
}

func (e *example) requireStopOrder() {
	e.Helper()
	for _, edge := range [][2]string{{"web", "postgres"}, {"web", "redis"}, {"report", "postgres"}} {
		first, then := e.info(edge[0]), e.info(edge[1])
		require.Equal(e, spec.PhaseStopped, first.Phase, edge[0])
		require.Equal(e, spec.PhaseStopped, then.Phase, edge[1])
		require.False(e, then.Since.Before(first.Since), "%s stops before %s", edge[0], edge[1])
	}
}

func intersection(some, others []int) (both []int) {
	for _, one := range some {
		for _, other := range others {
			if one == other {
				both = append(both, one)
			}
		}
	}
	return both
}
