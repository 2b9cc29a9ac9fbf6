package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// fleetSize is how many daemons the reference has.
const fleetSize = 78

// BenchmarkReady starts as many commands as there are daemons, all at once, until each has said by a line that it is
// ready, and stops them. The processor time is that of worker, shims and commands.
func BenchmarkReady(b *testing.B) {
	shim := buildShim(b)
	var worker, shims, commands time.Duration
	for b.Loop() {
		before := ownCPU(b)
		fleet := startFleet(b, fleetSize, shim, Limits{})
		worker += ownCPU(b) - before
		b.StopTimer()
		shims += fleetCPU(b, fleet)
		for _, p := range fleet {
			commands += taskCPU(b, p.PID())
		}
		stopFleet(fleet)
		b.StartTimer()
	}
	rounds := float64(b.N)
	b.ReportMetric(worker.Seconds()/rounds, "worker-cpu-s/op")
	b.ReportMetric(shims.Seconds()/rounds, "shims-cpu-s/op")
	b.ReportMetric(commands.Seconds()/rounds, "commands-cpu-s/op")
}

// BenchmarkIdle lets as many commands sleep as there are daemons, and tells what that costs worker and shims of a
// processor.
func BenchmarkIdle(b *testing.B) {
	shim := buildShim(b)
	for name, limits := range map[string]Limits{"without limits": {}, "with limits": {Memory: 1 << 30, Processes: 100}} {
		b.Run(name, func(b *testing.B) {
			const length = 30 * time.Second
			fleet := startFleet(b, fleetSize, shim, limits)
			defer stopFleet(fleet)
			rest(b, length/10)
			var worker, shims time.Duration
			for b.Loop() {
				worker, shims = worker-ownCPU(b), shims-fleetCPU(b, fleet)
				rest(b, length)
				worker, shims = worker+ownCPU(b), shims+fleetCPU(b, fleet)
			}
			percent := length.Seconds() * float64(b.N) / 100
			b.ReportMetric(worker.Seconds()/percent, "worker-cpu-%")
			b.ReportMetric(shims.Seconds()/percent, "shims-cpu-%")
		})
	}
}

// BenchmarkMemory tells the proportional share of memory of a shim whose command sleeps: of one that shares its
// executable with nobody, and of the largest of a fleet. The bar is 8 MB.
func BenchmarkMemory(b *testing.B) {
	shim := buildShim(b)
	for _, size := range []int{1, fleetSize} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var largest int64
			for b.Loop() {
				fleet := startFleet(b, size, shim, Limits{Memory: 1 << 30})
				rest(b, 2*time.Second) // some beats and looks
				for _, p := range fleet {
					largest = max(largest, entry{pid: p.shim.Process.Pid}.proportional())
				}
				stopFleet(fleet)
			}
			b.ReportMetric(float64(largest)/1e6, "MB")
		})
	}
}

func buildShim(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "shim")
	build := exec.Command("go", "build", "-o", path, "./shim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(b, err, "%s", output)
	return path
}

// startFleet starts the commands at once and waits until all are ready.
func startFleet(b *testing.B, size int, shim string, limits Limits) []*Process {
	b.Helper()
	fleet := make([]*Process, size)
	var starts sync.WaitGroup
	for i := range fleet {
		command := shell(b, "echo ready; exec sleep "+token())
		command.Ready.Line, command.Limits = "^ready$", limits
		command.Shim, command.Beat = []string{shim}, 3*time.Second
		starts.Go(func() {
			p, err := Start(b.Context(), command)
			if err != nil {
				b.Error(err)
				return
			}
			<-p.Ready()
			fleet[i] = p
		})
	}
	starts.Wait()
	require.False(b, b.Failed())
	return fleet
}

func stopFleet(fleet []*Process) {
	for _, p := range fleet {
		p.Stop(0)
	}
	for _, p := range fleet {
		p.Wait()
	}
}

func rest(b *testing.B, length time.Duration) {
	b.Helper()
	select {
	case <-time.After(length):
	case <-b.Context().Done():
	}
}

// ownCPU is the processor time of this process.
func ownCPU(b *testing.B) time.Duration {
	b.Helper()
	var used unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func fleetCPU(b *testing.B, fleet []*Process) (sum time.Duration) {
	b.Helper()
	for _, p := range fleet {
		sum += shimCPU(b, p)
	}
	return sum
}

func shimCPU(b *testing.B, p *Process) time.Duration { return taskCPU(b, p.shim.Process.Pid) }

// taskCPU is the processor time of the threads of a process, which the kernel tells to the nanosecond.
func taskCPU(b *testing.B, pid int) (sum time.Duration) {
	b.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	require.NoError(b, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(b, err)
		var used time.Duration
		_, err = fmt.Sscan(string(text), &used)
		require.NoError(b, err)
		sum += used
	}
	return sum
}
