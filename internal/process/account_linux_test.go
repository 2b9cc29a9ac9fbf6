package process

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommandRunsAsItsUser(t *testing.T) {
	t.Parallel()
	command, may := asNobody(t, `id -u; id -g; id -G; echo "$HOME $USER $LOGNAME"; echo again > /dev/stdout`)
	if !may {
		return
	}
	nobody, err := user.Lookup(command.User)
	require.NoError(t, err)
	groups, err := nobody.GroupIds()
	require.NoError(t, err)
	command.Env = append(command.Env, "LOGNAME=explicit")
	require.True(t, begin(t, command).Wait().Success(), readLog(t, command))
	require.Equal(t, strings.Join([]string{
		nobody.Uid, nobody.Gid, strings.Join(groups, " "), nobody.HomeDir + " " + nobody.Username + " explicit", "again\n",
	}, "\n"), readLog(t, command))
	info, err := os.Stat(command.Log.Path)
	require.NoError(t, err)
	require.EqualValues(t, os.Geteuid(), info.Sys().(*syscall.Stat_t).Uid, "the log stays the worker's")

	command.User, command.Args = nobody.Uid, []string{"/bin/sh", "-c", "exit $(($(id -u) % 251))"}
	require.Equal(t, uid(t, nobody)%251, begin(t, command).Wait().Code, "by its number")
}

func TestOtherUsersProcessesEndToo(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*Process){
		"stop":               func(p *Process) { p.Stop(0) },
		"the shim is killed": func(p *Process) { kill(t, p.shim.Process.Pid, syscall.SIGKILL) },
	} {
		word := token()
		command, may := asNobody(t, tree("", word))
		if !may {
			return
		}
		p := begin(t, command)
		awaitCount(t, word, treeSize, name)
		end(p)
		exit := p.Wait()
		require.Empty(t, running(word), "%s: %s", name, exit)
	}
}

func TestUserThatCannotBe(t *testing.T) {
	t.Parallel()
	own, err := user.Current()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		user string
		own  int
		want string
	}{
		"unknown name":   {"no-such-user", 0, `user: unknown user no-such-user`},
		"unknown number": {"4294967290", 0, `user: unknown userid 4294967290`},
		"not root":       {own.Username, uid(t, own) + 1, "only root can run it as somebody else"},
	} {
		command := Command{User: c.user}
		_, err := command.account(c.own)
		require.ErrorContains(t, err, c.want, name)
	}
}

func TestOwnUserNeedsNoRoot(t *testing.T) {
	t.Parallel()
	own, err := user.Current()
	require.NoError(t, err)
	command := shell(t, `[ "$USER" = "`+own.Username+`" ] && [ "$HOME" = "`+own.HomeDir+`" ]`)
	command.User = own.Username
	require.True(t, begin(t, command).Wait().Success(), readLog(t, command))
}

// asNobody is a command of a user with no rights; false if this test is not root and may not start it.
func asNobody(t *testing.T, script string) (Command, bool) {
	t.Helper()
	command := shell(t, script)
	command.User = "nobody"
	for _, folder := range []string{command.Dir, filepath.Dir(command.Dir)} {
		require.NoError(t, os.Chmod(folder, 0o755))
	}
	if os.Geteuid() == 0 {
		return command, true
	}
	_, err := Start(t.Context(), command)
	require.ErrorContains(t, err, `User "nobody": only root can run it as somebody else`)
	return command, false
}

func uid(t *testing.T, of *user.User) int {
	t.Helper()
	var id uint32
	require.NoError(t, parseID(&id, of.Uid))
	return int(id)
}
