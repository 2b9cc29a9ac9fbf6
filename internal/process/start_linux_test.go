package process

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestStartThatFailsIsOneClearError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	cases := map[string]struct {
		change func(*Command)
		want   string
	}{
		"no program":       {func(c *Command) { c.Args = []string{"/no/such/program"} }, "start command test: program /no/such/program: no such file"},
		"not in PATH":      {func(c *Command) { c.Args = []string{"no-such-program"} }, "not found in the PATH of Env"},
		"no PATH":          {func(c *Command) { c.Args, c.Env = []string{"sh"}, nil }, `not found in the PATH of Env ("")`},
		"a folder":         {func(c *Command) { c.Args = []string{"/tmp"} }, "program /tmp: it is a directory"},
		"not executable":   {func(c *Command) { c.Args = []string{write("plain", "x", 0o644)} }, "not executable; chmod +x it"},
		"no interpreter":   {func(c *Command) { c.Args = []string{write("lost", "#!/no/such\n", 0o755)} }, "or the interpreter that its first line names"},
		"not a program":    {func(c *Command) { c.Args = []string{write("text", "text", 0o755)} }, "exec format error"},
		"no folder":        {func(c *Command) { c.Dir = "/no/such/folder" }, "working directory: stat /no/such/folder: no such file"},
		"folder is a file": {func(c *Command) { c.Dir = write("file", "", 0o644) }, "it is not a directory"},
		"log in a file":    {func(c *Command) { c.Log.Path = write("file2", "", 0o644) + "/log" }, "make log folder"},
		"no shim":          {func(c *Command) { c.Shim = []string{"/no/such/shim"} }, "start the shim"},
		"a wrong shim":     {func(c *Command) { c.Shim = []string{"/bin/sh", "-c", "echo nonsense >&2"} }, `the shim wrote "nonsense\n"`},
		"too large":        {func(c *Command) { c.Secrets = []string{strings.Repeat("x", maxMessage)} }, "at most 1048576 are allowed"},
		"bad fields": {func(c *Command) { c.Name, c.Dir, c.Env = "a b", "relative", []string{"NOVALUE"} },
			"Name \"a b\": use 1 to 64 letters, digits and ._@-\nDir \"relative\": use an absolute path\nEnv: write every entry as KEY=value"},
		"bad numbers": {func(c *Command) { c.Limits.Nice, c.Log.Limit, c.Log.Keep, c.Silence = 20, 1, 101, 1 },
			"Log.Limit 1: use at least 4096 bytes\nLog.Keep 101: use 1 to 100 files\nSilence 1ns: use at least two beats (2s)\nLimits.Nice 20: use 0 to 19"},
		"bad readiness":        {func(c *Command) { c.Ready.Line = "(" }, `Ready.Line "(": use a regular expression of RE2: error parsing regexp: missing closing )`},
		"used descriptor":      {func(c *Command) { c.Ready.Descriptor = 2 }, "Ready.Descriptor 2: use 3 to 64 (those below are the standard streams)"},
		"high descriptor":      {func(c *Command) { c.Ready.Descriptor = 65 }, "Ready.Descriptor 65: use 3 to 64"},
		"two ways to be ready": {func(c *Command) { c.Ready = Ready{Line: "x", Descriptor: 3} }, "Ready: use Line or Descriptor, not both"},
		"no such user":         {func(c *Command) { c.User = "no-such-user" }, `start command test: User "no-such-user": user: unknown user no-such-user`},
		"our variable":         {func(c *Command) { c.Env = []string{"RINGRIFT_SHIM=x"} }, "Env: remove RINGRIFT_SHIM, it is set here"},
		"no scope":             {func(c *Command) { c.Scope = "" }, `Scope "": use what Scope returns`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := shell(t, "exit 0")
			c.change(&command)
			p, err := Start(t.Context(), command)
			require.Nil(t, p)
			require.ErrorContains(t, err, c.want)
			all, err := processes()
			require.NoError(t, err)
			commands, shims := (&sweep{marker: command.Scope}).find(all)
			if command.Scope != "" {
				require.Empty(t, append(commands, shims...), "nothing is left behind")
			}
		})
	}
}

func TestStartWithACancelledContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, shell(t, "exit 0"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestNothingIsInherited(t *testing.T) {
	t.Parallel()
	leak, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer leak.Close()
	_, err = unix.FcntlInt(leak.Fd(), unix.F_SETFD, 0) // as if whoever started the worker had left it open
	require.NoError(t, err)
	command := shell(t, `tr '\0' '\n' < /proc/self/environ; readlink /proc/self/fd/0; ls /proc/self/fd; pwd`)
	command.Env = []string{"PATH=/usr/bin:/bin", "ONLY=this one"}
	p := begin(t, command)
	p.Wait()
	lines := strings.Split(strings.TrimSpace(readLog(t, command)), "\n")
	require.Contains(t, lines, "ONLY=this one")
	require.Contains(t, lines, markerVariable+"="+p.Marker())
	var names, descriptors []string
	for _, line := range lines {
		if key, _, found := strings.Cut(line, "="); found && key != "PWD" {
			names = append(names, key)
		}
		if _, err := strconv.Atoi(line); err == nil {
			descriptors = append(descriptors, line)
		}
	}
	require.ElementsMatch(t, []string{"PATH", "ONLY", markerVariable}, names)
	require.Contains(t, lines, "/dev/null")
	require.Equal(t, []string{"0", "1", "2", "3"}, descriptors, "the last is the folder that ls reads")
	require.Contains(t, lines, command.Dir)
}

func TestProgramIsFoundInThePathOfEnv(t *testing.T) {
	t.Parallel()
	command := shell(t, "")
	command.Args = []string{"sh", "-c", "exit 4"}
	require.Equal(t, 4, begin(t, command).Wait().Code)
	script := filepath.Join(command.Dir, "here")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\nexit 5\n"), 0o755))
	command.Args = []string{"./here"}
	require.Equal(t, 5, begin(t, command).Wait().Code, "a relative program is relative to Dir")
}

func TestCommandThatClosesItsDescriptors(t *testing.T) {
	t.Parallel()
	word := token()
	p := begin(t, shell(t, "exec 0<&- 1>&- 2>&-; (setsid sleep "+word+" &); exec sleep "+word))
	awaitCount(t, word, 2, "start")
	p.Stop(patience)
	exit := p.Wait()
	require.Equal(t, CauseStopped, exit.Cause, exit.String())
	require.False(t, exit.Forced)
	require.Empty(t, running(word))
}

func TestScopeIsOneForEachFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(dir, link))
	require.Equal(t, scopeOf(t, dir), scopeOf(t, link+"/."))
	require.NotEqual(t, scopeOf(t, dir), scopeOf(t, t.TempDir()))
	_, err := Scope(filepath.Join(dir, "missing"))
	require.ErrorContains(t, err, "resolve data folder")
}
