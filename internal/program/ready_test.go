package program_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// whenUp is a script that does something once the file up is there, and runs on.
func whenUp(does string) string {
	return "echo > began; until test -e up; do sleep 0.02; done; " + does + "; " + sleeps
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		probe  spec.Probe
		asked  bool // and says so in the file
	}{
		"exec":       {sleeps, spec.Probe{Exec: []string{"/bin/sh", "-c", "echo >> asked; test -e up"}}, true},
		"log":        {whenUp("echo 'now listening on port 80'"), spec.Probe{Log: "listening on port [0-9]+$"}, false},
		"log of err": {whenUp("echo 'now listening on port 80' >&2"), spec.Probe{Log: "listening"}, false},
		"descriptor": {whenUp("echo >&3"), spec.Probe{Descriptor: 3}, false},
		"another":    {whenUp("echo ready >&7"), spec.Probe{Descriptor: 7}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			a := r.run(r.service(test.script, func(row *spec.Daemon) { row.Program.Readiness = often(test.probe) }))
			r.eventually("it runs", func() bool { return r.exists("began") || r.lines("asked") > 1 })
			a.requireNotReady()
			r.touch("up")
			a.awaitReady()
			a.stop()
		})
	}
}

func TestReadyByHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var asked, well atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		asked.Add(1)
		if well.Load() == 0 {
			http.Error(answer, "warming up", http.StatusServiceUnavailable)
			return
		}
		http.Redirect(answer, request, "http://192.0.2.1/", http.StatusFound) // an answer too, not to be followed
	}))
	t.Cleanup(server.Close)
	a := r.run(r.service(sleeps, func(row *spec.Daemon) { row.Program.Readiness = often(spec.Probe{HTTP: server.URL}) }))
	r.eventually("it is asked", func() bool { return asked.Load() > 2 })
	a.requireNotReady()
	well.Store(1)
	a.awaitReady()
	a.stop()
}

func TestReadyByTCP(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	a := r.run(r.service(sleeps, func(row *spec.Daemon) { row.Program.Readiness = often(spec.Probe{TCP: address}) }))
	r.eventually("it runs", func() bool { return len(r.processes()) > 0 })
	a.requireNotReady()
	listener, err = net.Listen("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	a.awaitReady()
	a.stop()
}

func TestWithoutReadinessItIsReadyOnceItRuns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.service(sleeps))
	require.NotEmpty(t, r.processes())
	a.awaitHealth("what it uses is told", func(verdict spec.Health) bool { return verdict.Details["processes"] == 1 })
	a.stop()
}

// counting is a script that numbers its calls in the file n and answers by that number.
func counting(answer string) string {
	return "n=$(cat n 2>/dev/null); n=$((n+1)); echo $n > n; " + answer
}

func TestReadyTakesGoodAnswersInARow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.runReady(r.service(sleeps, func(row *spec.Daemon) {
		row.Program.Readiness = exec(counting("[ $n != 2 ]"))
		row.Program.Readiness.Success = 2
	})).stop()
	text, err := os.ReadFile(filepath.Join(r.dir, "n"))
	require.NoError(t, err)
	require.Equal(t, "4\n", string(text), "good, bad, good, good")
}

func TestNotReadyInTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		probe *spec.Probe
		want  string
	}{
		"exec":       {exec("echo no luck; exit 3"), `not ready within 1s: the last answer was: /bin/sh: exit status 3: "no luck"`},
		"log":        {&spec.Probe{Log: "never"}, "not ready within 1s"},
		"descriptor": {&spec.Probe{Descriptor: 3}, "not ready within 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			a := r.run(r.service("exec 3>&-; "+sleeps, func(row *spec.Daemon) {
				row.Program.Readiness, row.ReadyTimeout = test.probe, time.Second
			}))
			require.Equal(t, test.want, a.failed(spec.CauseNotReady))
			a.requireNotReady()
		})
	}
}

func TestItsEndBeforeItIsReadyIsTheCause(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.run(r.service("exit 3", func(row *spec.Daemon) { row.Program.Readiness = exec("false") }))
	require.Regexp(t, `^program job: exited after .*: exit code 3$`, a.failed(spec.CauseError))
	a.requireNotReady()
}

func TestAProbeThatHangsLeavesNoProcess(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.run(r.service(sleeps, func(row *spec.Daemon) {
		row.Program.Readiness = exec("echo >> asked; test -e up && exit 0; setsid sleep 99999 & sleep 99999 & sleep 99999")
		row.Program.Readiness.Timeout = 200 * time.Millisecond
	}))
	r.eventually("it is asked again and again", func() bool { return r.lines("asked") > 3 })
	r.touch("up")
	a.awaitReady()
	require.Empty(t, r.sleeping("99999"), "what the questions have left")
	a.stop()
}

func TestStoppingEndsAProbeThatHangs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.service(sleeps, func(row *spec.Daemon) {
		row.Program.Liveness = exec("setsid sleep 99999 & sleep 99999")
	}))
	r.eventually("it is asked", func() bool { return len(r.sleeping("99999")) == 2 })
	a.stop()
}

// sleeping are the processes of the test that have a word in their command line.
func (r *rig) sleeping(word string) (found []string) {
	for _, line := range r.processes() {
		if strings.Contains(line, "sleep "+word) && !strings.Contains(line, "-c") {
			found = append(found, line)
		}
	}
	return found
}

// Probes ask in the environment that the program was started with, whatever has become of the files it came from.
func TestProbesHaveTheEnvironmentOfTheStart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	file := r.write("once.env", "WORD=of-the-start\n")
	a := r.runReady(r.service("rm "+file+"; echo > began; "+sleeps, func(row *spec.Daemon) {
		row.Program.EnvironmentFiles = []string{file}
		row.Program.Readiness = exec(`test -e began && test "$WORD" = of-the-start`)
		row.Program.Liveness = exec(`test "$WORD" = of-the-start && echo >> asked`)
	}))
	r.eventually("it is asked whether it lives", func() bool { return r.lines("asked") > 1 })
	a.stop()
}
