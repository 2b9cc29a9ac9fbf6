package program_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// neighbour runs another daemon beside. What it returns demands that it was left alone, and stops it.
func (r *rig) neighbour() (unharmed func()) {
	r.t.Helper()
	row := r.service("exec sleep 88888", func(row *spec.Daemon) {
		row.Type = "NEIGHBOUR_OF_" + r.kind
		row.Program.Environment = map[string]string{tokenVariable: "neighbour-of-" + r.token}
	})
	a := r.runReady(row)
	pid := func() any { return r.host.Health(a.id).Details["pid"] }
	a.awaitHealth("the neighbour's pid", func(spec.Health) bool { return pid() != nil })
	before := pid()
	return func() {
		r.t.Helper()
		checked := time.Now()
		a.awaitHealth("a later look at the neighbour", func(verdict spec.Health) bool { return verdict.At.After(checked) })
		require.Equal(r.t, before, pid())
		require.Equal(r.t, spec.HealthOK, r.host.Health(a.id).Status)
		require.Empty(r.t, a.exit)
		a.stop()
	}
}

func TestProgramThatIgnoresTheStopSignal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unharmed := r.neighbour()
	a := r.runReady(r.service("trap '' TERM INT HUP; setsid sleep 99999 & sleep 99999 & echo ready; while :; do sleep 99999; done", func(row *spec.Daemon) {
		row.Program.StopGrace, row.Program.Readiness = 300*time.Millisecond, &spec.Probe{Log: "ready"}
	}))
	began := time.Now()
	a.stop()
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)
	unharmed()
}

func TestProgramThatFloodsItsOutput(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unharmed := r.neighbour()
	a := r.runReady(r.service("echo begin; yes flood & exec yes more >&2", func(row *spec.Daemon) {
		row.Program.LogLimit, row.Program.LogKeep, row.Program.Readiness = 64<<10, 2, &spec.Probe{Log: "flood"}
	}))
	r.eventually("the log is full", func() bool { return r.fileSize(a, ".1") > 0 })
	r.requireBoundedLog(a, 2, 64<<10)
	a.stop()
	r.requireBoundedLog(a, 2, 64<<10)
	unharmed()
}

func TestProgramThatLeaksMemory(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unharmed := r.neighbour()
	a := r.run(r.service("x=0123456789abcdef; while :; do x=$x$x; done", func(row *spec.Daemon) { row.Program.MemoryLimit = 32 << 20 }))
	require.Regexp(t, `^program job: out of memory after .*: killed by SIGKILL \(shim\); 1 processes used \d+ bytes of memory, allowed are 33554432$`,
		a.failed(spec.CauseError))
	unharmed()
}

// The bomb is bounded, or a fault here would take the machine with it: 255 processes at most.
func TestProgramThatForksWithoutEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unharmed := r.neighbour()
	r.write("bomb", "[ $1 = 0 ] || { sh bomb $(($1-1)) & sh bomb $(($1-1)) & }; exec sleep 99999")
	a := r.run(r.service("exec sh bomb 7", func(row *spec.Daemon) { row.Program.ProcessLimit = 30 }))
	require.Regexp(t, `^program job: too many processes after .*; \d+ processes, allowed are 30$`, a.failed(spec.CauseError))
	unharmed()
}

func TestProgramThatForksWithinItsLimit(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unharmed := r.neighbour()
	a := r.runReady(r.service("for i in 1 2 3 4 5 6 7 8 9; do setsid sleep 99999 & done; wait", func(row *spec.Daemon) { row.Program.ProcessLimit = 30 }))
	a.awaitHealth("all of them run", func(verdict spec.Health) bool { return len(r.sleeping("99999")) == 9 })
	a.stop()
	unharmed()
}

func TestProgramThatClosesItsDescriptors(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unharmed := r.neighbour()
	r.runReady(r.service("echo ready; exec 0<&- 1>&- 2>&- 3>&-; "+sleeps, func(row *spec.Daemon) {
		row.Program.Readiness = &spec.Probe{Log: "ready"}
	})).stop()
	unharmed()
}

// The codes above 128 are also what shells make of signals.
func TestProgramThatDiesAtOnceWithEachExitCode(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unharmed := r.neighbour()
	const together = 32 // as many at a time
	for first := 0; first < 256; first += together {
		attempts := map[int]*attempt{}
		for code := first; code < first+together; code++ {
			attempts[code] = r.run(r.service("exit "+strconv.Itoa(code), func(row *spec.Daemon) { row.Type += spec.Type("_" + strconv.Itoa(code)) }))
		}
		for code, a := range attempts {
			exit := a.awaitExit()
			if code == 0 {
				require.Equal(t, host.ExitCompleted, exit.Kind)
				continue
			}
			require.Equal(t, spec.CauseError, exit.Cause)
			require.Regexp(t, "^program job: exited after .*: exit code "+strconv.Itoa(code)+"$", exit.Err.Error())
		}
	}
	r.requireNone()
	unharmed()
}

func TestProgramThatIsKilledByEachSignal(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	unharmed := r.neighbour()
	for signal, want := range map[string]string{
		"KILL": `killed by SIGKILL \(unknown\)`, "SEGV": "killed by SIGSEGV", "TERM": "killed by SIGTERM", "ABRT": "killed by SIGABRT", "HUP": "killed by SIGHUP",
	} {
		a := r.run(r.service("kill -" + signal + " $$; " + sleeps))
		require.Regexp(t, "^program job: signalled after .*: "+want+"$", a.failed(spec.CauseError))
	}
	unharmed()
}
