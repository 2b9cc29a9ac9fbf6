package process

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// daemonize leaves the session and the parent as daemons of old do: TOKEN sleeps below init, or what plays its part.
const daemonize = `setsid sh -c 'cd /; exec 0<&- 1>&- 2>&-; sleep TOKEN & exit 0'`

// leak takes a megabyte at a time, and stops far above its limit, or a fault here would take the machine with it.
const leak = `echo ready; block=$(head -c 1000000 /dev/zero | tr '\0' x)
	while [ ${#all} -lt 200000000 ]; do all=$all$block; done; sleep TOKEN`

// TestMisbehavingCommandsLeaveOthersAlone runs commands of every bad sort beside one that behaves, which must not notice.
func TestMisbehavingCommandsLeaveOthersAlone(t *testing.T) {
	t.Parallel()
	neighbour := begin(t, shell(t, "while :; do echo alive; sleep 0.01; done"))
	ticks := func() int64 {
		info, err := os.Stat(neighbour.command.Log.Path)
		require.NoError(t, err)
		return info.Size()
	}
	stop := func(p *Process) { p.Stop(patience) }
	cases := map[string]struct {
		script string
		change func(*Command)
		end    func(*Process) // nil: it ends by itself
		want   Exit           // what of it is not zero
	}{
		"ignores SIGTERM": {"trap '' TERM; echo ready; while :; do sleep TOKEN; done", nil,
			func(p *Process) { p.Stop(200 * time.Millisecond) },
			Exit{Cause: CauseStopped, Signal: syscall.SIGKILL, Killer: KillerShim, Forced: true}},
		"floods its output": {"echo ready; exec yes TOKEN", nil, stop, Exit{Cause: CauseStopped, Signal: syscall.SIGTERM}},
		"floods a reader of lines": {"echo ready >&2; exec yes TOKEN", func(c *Command) { c.OnLine = func(Line) {} }, stop,
			Exit{Cause: CauseStopped, Signal: syscall.SIGTERM}},
		"leaks memory": {leak, func(c *Command) { c.Limits.Memory = 40 << 20 }, nil,
			Exit{Cause: CauseOutOfMemory, Signal: syscall.SIGKILL, Killer: KillerShim, Forced: true}},
		"forks without end within its limit": {"echo ready; while :; do (sleep 0.001; : TOKEN) & (setsid sleep 0.001 &); wait; done",
			func(c *Command) { c.Limits.Processes = 100 }, stop, Exit{Cause: CauseStopped, Signal: syscall.SIGTERM}},
		"closes its descriptors": {"echo ready; exec 0<&- 1>&- 2>&-; exec sleep TOKEN", nil, stop,
			Exit{Cause: CauseStopped, Signal: syscall.SIGTERM}},
		"becomes a daemon": {"echo ready; " + daemonize + "; exit 0", nil, nil,
			Exit{Cause: CauseExited, Stragglers: 1}},
		"leaves somebody who holds its output": {"echo ready; setsid sleep TOKEN & exit 5", nil, nil,
			Exit{Cause: CauseExited, Code: 5, Stragglers: 1}},
		"leaves somebody who holds its lines and ignores SIGTERM": {
			`echo ready >&2; setsid sh -c 'trap "" TERM; : > there; exec sleep TOKEN' & while [ ! -e there ]; do sleep 0.01; done; exit 6`,
			func(c *Command) { c.OnLine, c.Grace = func(Line) {}, 200*time.Millisecond }, nil,
			Exit{Cause: CauseExited, Code: 6, Stragglers: 1, Forced: true}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			word := token()
			command := shell(t, strings.ReplaceAll(c.script, "TOKEN", word))
			command.Ready.Line, command.Log.Limit, command.Grace = "^ready$", 1<<20, patience
			if c.change != nil {
				c.change(&command)
			}
			p := begin(t, command)
			awaitReady(t, p)
			if c.end != nil {
				c.end(p)
			}
			exit := p.Wait()
			require.Empty(t, running(word), "nothing is left: %s", exit)
			exit.Detail, exit.Started, exit.Ended, exit.Usage = "", time.Time{}, time.Time{}, nil
			if c.want.Signal != 0 {
				c.want.Code = -1
			}
			require.Equal(t, c.want, exit)
			files, err := filepath.Glob(command.Log.Path + "*")
			require.NoError(t, err)
			require.LessOrEqual(t, len(files), 2)
			before := ticks()
			require.Eventually(t, func() bool { return ticks() > before }, patience, poll, "the neighbour runs on")
		})
	}
	neighbour.Stop(patience)
	require.Equal(t, CauseStopped, neighbour.Wait().Cause)
}

func awaitReady(t *testing.T, p *Process) {
	t.Helper()
	select {
	case <-p.Ready():
	case <-time.After(patience):
		t.Fatal("it never became ready")
	}
}
