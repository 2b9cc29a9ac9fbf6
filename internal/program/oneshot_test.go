package program_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

func succeeding(codes ...int) func(*spec.Daemon) {
	return func(row *spec.Daemon) { row.Program.SuccessCodes = codes }
}

func TestOneShots(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, test := range map[string]struct {
		script string
		codes  []int
		want   string // the failure; empty for a success
	}{
		"success":             {"exit 0", []int{0}, ""},
		"failure":             {"exit 3", []int{0}, "exit code 3"},
		"another success":     {"exit 3", []int{0, 3}, ""},
		"no success any more": {"exit 0", []int{3}, "exit code 0"},
		"signal":              {"kill -SEGV $$", []int{0}, "killed by SIGSEGV"},
	} {
		a := r.run(r.oneShot(test.script, succeeding(test.codes...)))
		if test.want != "" {
			require.Regexp(t, "^program job: .*: "+test.want+"$", a.failed(spec.CauseError), name)
		} else {
			require.Equal(t, host.ExitCompleted, a.awaitExit().Kind, name)
		}
		a.requireNotReady()
	}
}

func TestOneShotThatRunsTooLong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.run(r.oneShot("sleep 100000 & trap 'exit 0' TERM; wait", func(row *spec.Daemon) { row.Program.RunTimeout = 300 * time.Millisecond }))
	require.Regexp(t, `^program job: stopped after .*: exit code 0; it ran longer than 300ms$`, a.failed(spec.CauseError))
}

func TestOneShotThatIsStopped(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.run(r.oneShot(sleeps))
	r.eventually("it runs", func() bool { return len(r.processes()) > 0 })
	a.stop()
}

func TestWhatAOneShotLeavesBehindIsEnded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	require.Equal(t, host.ExitCompleted, r.run(r.oneShot("setsid sleep 99999 & sleep 99999 & exit 0")).awaitExit().Kind)
	r.requireNone()
}

func TestServicesThatEndWithSuccess(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	require.Equal(t, host.ExitCompleted, r.run(r.service("exit 0")).awaitExit().Kind)
	a := r.run(r.service("exit 0", func(row *spec.Daemon) { row.Program.RestartOnSuccess = true }))
	require.Contains(t, a.failed(spec.CauseError), "it ended with success although it is to run on")
}

func TestProgramsThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for want, change := range map[string]func(*spec.Program){
		"program /no/such: no such file":                      func(p *spec.Program) { p.Command = []string{"/no/such"} },
		"program no-such: not found in the PATH":              func(p *spec.Program) { p.Command = []string{"no-such"} },
		"working directory":                                   func(p *spec.Program) { p.Directory = "/no/such" },
		"environment A: ${env:NOT_SET}: the variable NOT_SET": func(p *spec.Program) { p.Environment["A"] = "${env:NOT_SET}" },
		"environment file: open /no/such":                     func(p *spec.Program) { p.EnvironmentFiles = []string{"/no/such"} },
		"no-such-user":                                        func(p *spec.Program) { p.User = "no-such-user" },
	} {
		for _, row := range []spec.Daemon{r.service(sleeps), r.oneShot(sleeps)} {
			change(row.Program)
			require.Contains(t, r.run(row).failed(spec.CauseError), want)
		}
	}
}
