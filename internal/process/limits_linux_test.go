package process

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTreeOverItsMemoryIsEnded(t *testing.T) {
	t.Parallel()
	word := token()
	// Each tail holds a line of 24 MB: none of them is over the limit, all together are.
	hog := "setsid sh -c '(head -c 24000000 /dev/zero; sleep " + word + ") | tail' & "
	command := shell(t, strings.Repeat(hog, 3)+"exec sleep "+word)
	command.Limits.Memory = 60 << 20
	exit := begin(t, command).Wait()
	require.Equal(t, CauseOutOfMemory, exit.Cause, exit.String())
	require.Equal(t, KillerShim, exit.Killer)
	require.Regexp(t, `^\d+ processes used \d+ bytes of memory, allowed are 62914560$`, exit.Detail)
	require.Empty(t, running(word))
}

func TestSharedMemoryCountsOnce(t *testing.T) {
	t.Parallel()
	word := token()
	limit := Limits{Memory: 60 << 20}
	p := begin(t, shell(t, "x=$(head -c 24000000 /dev/zero | tr '\\0' x); for i in 1 2 3; do (sleep "+word+"; : $x) & done; wait"))
	awaitCount(t, word, 3, "start")
	load, err := p.Load()
	require.NoError(t, err)
	require.Greater(t, load.Memory, limit.Memory, "each of the copies is resident")
	all, err := processes()
	require.NoError(t, err)
	require.Less(t, newWatch(limit, nil).memory(all.descendants(p.shim.Process.Pid)), limit.Memory)
}

// The bombs are bounded, or a fault here would take the machine with it: 511 processes at most.
func TestForkBombEndsAtItsLimit(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]string{"in one group": "", "in a session each": "setsid "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			word := token()
			command := shell(t, fmt.Sprintf(`
				printf '#!/bin/sh\n[ $1 = 0 ] || { %[1]s./bomb $(($1-1)) & %[1]s./bomb $(($1-1)) & }; exec sleep %[2]s' > bomb
				chmod +x bomb; exec ./bomb 8`, start, word))
			command.Limits.Processes = 40
			exit := begin(t, command).Wait()
			require.Equal(t, CauseProcessLimit, exit.Cause, exit.String())
			require.Regexp(t, `^\d+ processes, allowed are 40$`, exit.Detail)
			require.Empty(t, running(word))
			t.Log(exit)
		})
	}
}

func TestPriorityAndProcessors(t *testing.T) {
	t.Parallel()
	command := shell(t, "nice; grep Cpus_allowed_list /proc/self/status; cat /proc/self/oom_score_adj")
	chosen, _, err := NewProcessors().Take(1)
	require.NoError(t, err)
	command.Limits.Nice, command.Limits.Processors = 3, chosen
	begin(t, command).Wait()
	text := readLog(t, command)
	own, err := os.ReadFile("/proc/self/stat")
	require.NoError(t, err)
	nice := strings.Fields(string(own[strings.LastIndexByte(string(own), ')'):]))[17]
	var niceness int
	_, err = fmt.Sscan(nice, &niceness)
	require.NoError(t, err)
	require.Regexp(t, fmt.Sprintf(`^%d\nCpus_allowed_list:\t%d\n`, min(niceness+3, 19), chosen[0]), text)
}

// Where a command may have a group of its own, it is in it from its first step on.
func TestACommandBeginsInItsGroup(t *testing.T) {
	t.Parallel()
	group := makeCgroup("can-one-be-made")
	can := group != nil
	group.dissolve()
	command := shell(t, "cat /proc/self/cgroup")
	running := begin(t, command)
	running.Wait()
	require.Equal(t, can, strings.Contains(readLog(t, command), cgroupPrefix+running.Marker()))
}
