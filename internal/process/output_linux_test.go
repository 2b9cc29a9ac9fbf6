package process

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func collect(lines *[]string) func(Line) {
	return func(line Line) { *lines = append(*lines, string(line.Text)) }
}

func TestStandardOutputAsLines(t *testing.T) {
	t.Parallel()
	var lines []string
	command := shell(t, `echo one; echo; echo err >&2; printf 'no end'`)
	command.OnLine = collect(&lines)
	begin(t, command).Wait()
	require.Equal(t, []string{"one", "", "no end"}, lines)
	require.Equal(t, "err\n", readLog(t, command), "standard error goes to the log")
}

func TestLongLinesAreTruncatedAndFlagged(t *testing.T) {
	t.Parallel()
	var sizes []int
	var truncated []bool
	command := shell(t, fmt.Sprintf(`zeros() { head -c $1 /dev/zero | tr '\0' x; echo; }; zeros %d; zeros %d; zeros 1000000; echo end`, MaxLine, MaxLine+1))
	command.OnLine = func(line Line) {
		sizes, truncated = append(sizes, len(line.Text)), append(truncated, line.Truncated)
	}
	begin(t, command).Wait()
	require.Equal(t, []int{MaxLine, MaxLine, MaxLine, 3}, sizes)
	require.Equal(t, []bool{false, true, true, false}, truncated)
}

func TestSlowReaderHoldsTheCommandBack(t *testing.T) {
	t.Parallel()
	const count = 100_000
	release := make(chan struct{})
	var read atomic.Int64
	command := shell(t, fmt.Sprintf(`i=0; while [ $i -lt %d ]; do echo "line $i"; i=$((i+1)); done; : > finished`, count))
	command.OnLine = func(Line) {
		if read.Add(1) == 1 {
			<-release
		}
	}
	p := begin(t, command)
	require.Eventually(t, func() bool { return read.Load() == 1 }, patience, poll)
	require.Never(t, func() bool {
		_, err := os.Stat(filepath.Join(command.Dir, "finished"))
		return err == nil
	}, 500*time.Millisecond, 50*time.Millisecond, "more than a pipe can hold waits for the reader")
	close(release)
	exit := p.Wait()
	require.True(t, exit.Success(), exit.String())
	require.EqualValues(t, count, read.Load(), "nothing is lost")
}

func TestStoppingACommandThatNobodyReads(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	command := shell(t, "trap '' TERM; while :; do echo flood; done")
	command.OnLine = func(Line) { <-release }
	p := begin(t, command)
	p.Stop(100 * time.Millisecond)
	require.Eventually(t, func() bool { load, err := p.Load(); return err == nil && load.Processes == 0 }, patience, poll)
	close(release)
	require.Equal(t, CauseStopped, p.Wait().Cause)
}

func TestSecretsAreRedactedInLinesAndLog(t *testing.T) {
	t.Parallel()
	var lines []string
	command := shell(t, `printf '{"t":"info","msg":"%s"}\n' 'pa\"ss'; echo "$TOKEN"; for c in h u n t e r 2; do printf $c >&2; sleep 0.01; done; echo ' hunt hunter' >&2`)
	command.Env = append(command.Env, "TOKEN=hunter2")
	command.Secrets = []string{"hunter2", `pa"ss`, ""}
	command.OnLine = collect(&lines)
	exit := begin(t, command).Wait()
	require.Equal(t, []string{`{"t":"info","msg":"***"}`, "***"}, lines, exit.String())
	require.Equal(t, "*** hunt hunter\n", readLog(t, command), "a secret written one letter at a time")
}

func TestRedactionDoesNotDependOnTheCut(t *testing.T) {
	t.Parallel()
	secrets := []string{"aab", "ab", "abc-abd", "long secret\nin two lines", "b"}
	text := "aaab abc-abc-abd abc-ab long secret\nin two lines, long secret aa abc-"
	whole := newRedactor(secrets)
	want := string(whole.next([]byte(text))) + string(whole.last())
	require.NotContains(t, want, "b")
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 2000 {
		r := newRedactor(secrets)
		var got strings.Builder
		for rest := text; rest != ""; {
			n := min(1+random.IntN(9), len(rest))
			got.Write(r.next([]byte(rest[:n])))
			rest = rest[n:]
		}
		got.Write(r.last())
		require.Equal(t, want, got.String(), "round %d", round)
	}
}

func TestRedactionHoldsNothingBackThatIsSafe(t *testing.T) {
	t.Parallel()
	r := newRedactor([]string{"secret"})
	require.Equal(t, "tell no ", string(r.next([]byte("tell no sec"))), "the end may become a secret")
	require.Equal(t, "second one", string(r.next([]byte("ond one"))))
	require.Equal(t, "cut ", string(r.line([]byte("cut secr"), true)), "a truncated line may have cut one in two")
	require.Equal(t, "not cut secr", string(r.line([]byte("not cut secr"), false)))
}

func TestLogThatCannotBeWrittenDoesNotStopTheCommand(t *testing.T) {
	t.Parallel()
	command := shell(t, "i=0; while [ $i -lt 1000 ]; do echo 'to nowhere'; i=$((i+1)); done; exit 7")
	command.Log.Path = "/dev/full"
	exit := begin(t, command).Wait()
	require.Equal(t, 7, exit.Code, exit.String())
	require.Regexp(t, `^11000 bytes dropped, .*no space left`, exit.LogFault)
}

func TestFloodedOutputIsBounded(t *testing.T) {
	t.Parallel()
	command := shell(t, "while :; do echo 'a flood of output that nobody reads in time'; done & exec yes")
	command.Log.Limit = 1 << 20
	p := begin(t, command)
	require.Eventually(t, func() bool {
		traffic, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", p.shim.Process.Pid))
		var read, written int64
		_, scanned := fmt.Sscanf(string(traffic), "rchar: %d\nwchar: %d", &read, &written)
		return err == nil && scanned == nil && written > 100<<20
	}, patience, poll)
	resident := residentOf(t, p.shim.Process.Pid)
	t.Logf("shim under flood: %d KiB resident", resident>>10)
	require.Less(t, resident, int64(48<<20), "far less than what has been written, also with the race detector")
	p.Stop(0)
	p.Wait()
	files, err := filepath.Glob(command.Log.Path + "*")
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(1<<20), file)
	}
}

func residentOf(t *testing.T, pid int) int64 {
	t.Helper()
	one, found := readEntry(pid, make([]byte, statSize))
	require.True(t, found)
	return one.resident
}
