package process

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test binary is also the shim and a worker that can be killed.
const (
	workerArgument = "act-as-worker"
	scriptVariable = "SCRIPT" // not an argument, or the worker would look like one of its sleepers
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case ShimArgument:
			syscall.Exit(ShimMain()) // os.Exit takes a second under the race detector
		case workerArgument:
			os.Exit(actAsWorker(os.Args[2], os.Args[3], os.Getenv(scriptVariable)))
		}
	}
	os.Exit(m.Run())
}

const (
	patience = 30 * time.Second
	poll     = 5 * time.Millisecond
)

// token is a number of seconds that no other test sleeps: processes are recognised by it in /proc, by other
// means than the code under test uses.
func token() string {
	return fmt.Sprintf("%d.%d", 100_000+rand.IntN(800_000), 100_000+rand.IntN(899_999))
}

// running returns the processes whose command line holds a word.
func running(word string) []string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is valid
	var found []string
	for _, file := range files {
		line, _ := os.ReadFile(file) // no line, no process
		if strings.Contains(string(line), word) {
			found = append(found, filepath.Base(filepath.Dir(file))+": "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

func awaitCount(t *testing.T, word string, count int, name string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(sleepers(word)) == count }, patience, poll,
		"%s: want %d sleepers with %s", name, count, word)
}

// sleepers are the processes that sleep a token, without the shells that have it in their script.
func sleepers(word string) []string {
	var found []string
	for _, one := range running(word) {
		if !strings.Contains(one, "sh -c") {
			found = append(found, one)
		}
	}
	return found
}

func awaitNone(t *testing.T, word, name string) {
	t.Helper()
	if !assert.Eventually(t, func() bool { return len(running(word)) == 0 }, patience, poll) {
		require.Empty(t, running(word), name)
	}
}

// tree is a script with a main process and descendants of every kind: seven sleepers besides those that more starts.
func tree(more, word string) string {
	return strings.ReplaceAll(more+`
		sleep TOKEN &
		(sleep TOKEN &)
		setsid sleep TOKEN &
		(setsid sleep TOKEN &)
		setsid sh -c 'trap "" TERM HUP; setsid sleep TOKEN & sleep TOKEN; wait' &
		exec sleep TOKEN`, "TOKEN", word)
}

const treeSize = 7

// hiding starts two sleepers that have no environment and no session or parent in common with the others.
const hiding = "(setsid env -i sleep TOKEN &); (setsid env -i setsid -f sleep TOKEN &)"

func shell(t testing.TB, script string) Command {
	t.Helper()
	dir := t.TempDir()
	scope, err := Scope(dir)
	require.NoError(t, err)
	return Command{
		Name: "test", Args: []string{"/bin/sh", "-c", script}, Dir: dir, Scope: scope,
		Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}, Grace: 200 * time.Millisecond,
		Log: Log{Path: filepath.Join(dir, "test.log")},
	}
}

// begin starts a command that is killed at the latest when the test ends.
func begin(t *testing.T, command Command) *Process {
	t.Helper()
	p, err := Start(context.Background(), command)
	require.NoError(t, err)
	t.Cleanup(func() {
		p.Stop(0)
		p.Wait()
	})
	return p
}

// run runs a script to its end.
func run(t *testing.T, script string) (Exit, string) {
	t.Helper()
	command := shell(t, script)
	exit := begin(t, command).Wait()
	return exit, readLog(t, command)
}

func readLog(t *testing.T, command Command) string {
	t.Helper()
	text, err := os.ReadFile(command.Log.Path)
	require.NoError(t, err)
	return string(text)
}

// worker is another process that has started a command and can be killed.
type worker struct {
	*exec.Cmd
	shim, main int
}

// actAsWorker runs a script in a folder, says the pids of shim and main process, and waits for its end.
func actAsWorker(dir, silence, script string) int {
	limit, err := time.ParseDuration(silence)
	if err != nil {
		panic(err)
	}
	scope, err := Scope(dir)
	if err != nil {
		panic(err)
	}
	p, err := Start(context.Background(), Command{
		Name: "test", Args: []string{"/bin/sh", "-c", script}, Dir: dir, Scope: scope, Beat: limit / 10, Silence: limit,
		Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}, Grace: 200 * time.Millisecond,
		Log: Log{Path: filepath.Join(dir, "test.log")},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(p.shim.Process.Pid, p.PID())
	fmt.Println(p.Wait())
	return 0
}

func workerCommand(dir, script string, silence time.Duration) *exec.Cmd {
	command := exec.Command("/proc/self/exe", workerArgument, dir, silence.String())
	command.Env = append(os.Environ(), scriptVariable+"="+script)
	return command
}

func startWorker(t *testing.T, dir, script string, silence time.Duration) *worker {
	t.Helper()
	command := workerCommand(dir, script, silence)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	w := &worker{Cmd: command}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	_, err = fmt.Fscan(output, &w.shim, &w.main)
	require.NoError(t, err)
	return w
}

func scopeOf(t *testing.T, dir string) string {
	t.Helper()
	scope, err := Scope(dir)
	require.NoError(t, err)
	return scope
}

func kill(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	require.NoError(t, syscall.Kill(pid, signal))
}
