package local

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/config"
)

// bundle is an installation of a test's own, and what it has printed.
type bundle struct {
	*Installation
	config Config
	out    *bytes.Buffer
}

func setup(t *testing.T) *bundle {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"worker", "starter"} {
		require.NoError(t, os.Symlink(os.Args[0], filepath.Join(bin, name)))
	}
	port := freePort(t)
	config := Config{
		Installation: config.Installation{DataDir: t.TempDir(), BusListen: loopback(port + 3)},
		BinDir:       bin, TemporalCLI: temporalCLI(t), TemporalNamespace: "default",
		TemporalAddress: loopback(port), TemporalUIPort: port + 1,
		HealthAddr: loopback(port + 2), Nodes: 1,
	}
	out := &bytes.Buffer{}
	installation, err := New(config, out)
	require.NoError(t, err)
	b := &bundle{Installation: installation, config: config, out: out}
	t.Cleanup(func() { b.killLeftovers(t) })
	return b
}

func (b *bundle) set(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(b.config.DataDir, file), []byte(text), 0o600))
}

func (b *bundle) pid(t *testing.T, s service) int {
	t.Helper()
	known, err := s.find()
	require.NoError(t, err)
	require.NotNil(t, known, "the %s must run", s.name)
	return known.PID
}

func (b *bundle) requireNothingRuns(t *testing.T) {
	t.Helper()
	all, err := b.all()
	require.NoError(t, err)
	for _, s := range all {
		known, err := s.find()
		require.NoError(t, err)
		require.Nil(t, known, "no %s may be left running", s.name)
		require.NoFileExists(t, s.record)
	}
	for _, claim := range []claim{
		{"TEMPORAL_ADDRESS", b.config.TemporalAddress}, {"HEALTH_ADDR", b.config.HealthAddr},
	} {
		require.NoError(t, claim.checkFree(), "nobody may still listen")
	}
}

func (b *bundle) killLeftovers(t *testing.T) {
	all, err := b.all()
	require.NoError(t, err)
	for _, s := range all {
		known, err := s.find()
		require.NoError(t, err)
		if known != nil {
			require.NoError(t, send(*known, -known.PID, syscall.SIGKILL))
			require.NoError(t, awaitEnd(context.Background(), *known, killPatience))
		}
	}
}

func TestUpRepairsAndDownEndsEverything(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	server, worker := b.pid(t, b.server), b.pid(t, b.worker)
	for _, text := range []string{"2 of 3 ready: DLQ_RETRY PAUSED", "1 types, not written yet", b.config.uiAddress(), b.config.HealthAddr} {
		require.Contains(t, b.out.String(), text)
	}

	b.out.Reset()
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	require.Contains(t, b.out.String(), "up already")
	require.Equal(t, []int{server, worker}, []int{b.pid(t, b.server), b.pid(t, b.worker)}, "a second up starts nothing")

	require.NoError(t, syscall.Kill(worker, syscall.SIGKILL))
	require.Eventually(t, func() bool { known, err := b.worker.find(); return err == nil && known == nil }, 30*time.Second, pollInterval)
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	require.Equal(t, server, b.pid(t, b.server), "the server that ran stays")
	require.NotEqual(t, worker, b.pid(t, b.worker), "the worker that was killed is started again")

	b.out.Reset()
	require.NoError(t, b.Down(t.Context()), "%s", b.out)
	require.Contains(t, b.out.String(), "starter says down")
	b.requireNothingRuns(t)

	b.out.Reset()
	require.NoError(t, b.Down(t.Context()))
	require.Contains(t, b.out.String(), "down already")
}

// Down and status go by what the installation was started with, not by what they are given.
func TestDownFindsWhatWasStartedElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.Up(t.Context()))
	require.Regexp(t, "settings +export DATA_DIR=.* TEMPORAL_ADDRESS="+b.config.TemporalAddress+" BUS_LISTEN=", b.out.String())
	later := b.config
	later.TemporalAddress, later.HealthAddr = loopback(freePort(t)), loopback(freePort(t))
	out := &bytes.Buffer{}
	other, err := New(later, out)
	require.NoError(t, err)
	require.NoError(t, other.Status(t.Context()))
	require.Contains(t, out.String(), "It was started with TEMPORAL_ADDRESS="+b.config.TemporalAddress)
	require.Contains(t, out.String(), "starter says status at "+b.config.TemporalAddress)
	address, namespace, err := Recorded(b.config.DataDir)
	require.NoError(t, err)
	require.Equal(t, []string{b.config.TemporalAddress, "default"}, []string{address, namespace})

	out.Reset()
	require.NoError(t, other.Down(t.Context()))
	require.Contains(t, out.String(), "starter says down at "+b.config.TemporalAddress)
	b.requireNothingRuns(t)
	address, namespace, err = Recorded(b.config.DataDir)
	require.NoError(t, err)
	require.Empty(t, address+namespace, "nothing runs")

	out.Reset()
	require.NoError(t, other.Status(t.Context()))
	require.NotContains(t, out.String(), "It was started with", "nothing runs")
}

func TestSettingsThatCannotBeReadSaySo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.Up(t.Context()))
	b.set(t, "run/settings.json", "{")
	require.ErrorContains(t, b.Down(t.Context()), "settings.json does not say how this installation was started")
	_, _, err := Recorded(b.config.DataDir)
	require.ErrorContains(t, err, "settings.json does not say how this installation was started")
	require.NoError(t, os.Remove(b.settingsFile()))
	require.NoError(t, b.Down(t.Context()))
	b.requireNothingRuns(t)
}

func TestUpRefusesAnAddressThatIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for variable, address := range map[string]string{
		"TEMPORAL_ADDRESS": b.config.TemporalAddress, "TEMPORAL_UI_PORT": b.config.uiAddress(),
		"HEALTH_ADDR": b.config.HealthAddr, "BUS_LISTEN": b.config.BusListen,
	} {
		listener, err := net.Listen("tcp", address)
		require.NoError(t, err)
		err = b.Up(t.Context())
		require.ErrorContains(t, err, address+" is in use by "+owner(), variable)
		require.ErrorContains(t, err, variable)
		require.NoError(t, listener.Close())
		b.requireNothingRuns(t)
	}
}

func TestUpTakesBackWhatItStarted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, text, want string }{
		"worker ends":   {workerEnds, "cannot read configuration", "cannot read configuration"},
		"starter fails": {starterExits, "4", "exit status 4"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.set(t, test.file, test.text)
			require.ErrorContains(t, b.Up(t.Context()), test.want)
			b.requireNothingRuns(t)
		})
	}
}

func TestUpLeavesDaemonsThatAreNotReady(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.set(t, starterExits, strconv.Itoa(exitNotReady))
	var exit interface{ ExitCode() int }
	require.ErrorAs(t, b.Up(t.Context()), &exit)
	require.Equal(t, exitNotReady, exit.ExitCode(), "the caller exits with the starter's code")
	require.NotZero(t, b.pid(t, b.worker))
	require.Contains(t, b.out.String(), "2 of 3 ready: DLQ_RETRY PAUSED", "the summary says what is missing")
	require.NoError(t, b.Down(t.Context()))
	b.requireNothingRuns(t)
}

func TestInterruptedUpLeavesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.set(t, workerNotYet, "")
	ctx, interrupt := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Up(ctx) }()
	require.Eventually(t, func() bool { known, err := b.worker.find(); return err == nil && known != nil }, 30*time.Second, pollInterval)
	interrupt()
	require.ErrorContains(t, <-done, "interrupted")
	b.requireNothingRuns(t)
}

func TestDownKillsAWorkerThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.set(t, workerIgnores, "")
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	b.worker.grace = 200 * time.Millisecond
	require.NoError(t, b.Down(t.Context()))
	require.Contains(t, b.out.String(), "Killed")
	b.requireNothingRuns(t)
}

func TestDownSparesAStrangerWithTheSamePID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.prepare())
	stale := fmt.Sprintf(`{"pid":%d,"identity":"another start","address":%q}`, os.Getpid(), b.config.HealthAddr)
	require.NoError(t, os.WriteFile(b.worker.record, []byte(stale), 0o600))
	require.NoError(t, b.Down(t.Context()), "a stranger must not be signalled, least of all this test")
	require.Contains(t, b.out.String(), "down already")
	require.NoError(t, b.Up(t.Context()), "a stale record must not be in the way")
}

func TestOnlyOneCommandWorksOnAnInstallation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.prepare())
	unlock, err := b.lock()
	require.NoError(t, err)
	defer unlock()
	require.ErrorContains(t, b.Up(t.Context()), "another `make up` or `make down` is at work")
}

func TestUpNeedsAFolderToWrite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	b.config.DataDir = filepath.Join(file, "data")
	installation, err := New(b.config, b.out)
	require.NoError(t, err)
	require.ErrorContains(t, installation.Up(t.Context()), "choose a folder that you may write with DATA_DIR")
}

func TestUpRefusesAServerAtAnotherAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	moved := b.config
	moved.TemporalAddress = loopback(freePort(t))
	installation, err := New(moved, b.out)
	require.NoError(t, err)
	require.ErrorContains(t, installation.Up(t.Context()), "runs already, at "+b.config.TemporalAddress)
}

func temporalCLI(t *testing.T) string {
	t.Helper()
	path, err := FindTemporal(os.Getenv("TEMPORAL_CLI"), filepath.Join("..", "..", "bin"))
	require.NoError(t, err, "this test needs the Temporal CLI; build it with: make temporal")
	return path
}

// Tests take their ports in blocks below those that the kernel gives to outgoing connections: four for an
// installation and the next four for its further workers. No two tests of a run are given the same block.
const (
	firstPort  = 10_000
	portBlock  = 8
	portBlocks = 1_200
)

var nextBlock atomic.Uint32

// freePort returns the first port of a block of free ones.
func freePort(t *testing.T) int {
	t.Helper()
	for range portBlocks {
		first := firstPort + portBlock*int(nextBlock.Add(1)%portBlocks)
		free := true
		for port := first; port < first+portBlock; port++ {
			free = free && claim{"a test", loopback(port)}.checkFree() == nil
		}
		if free {
			return first
		}
	}
	t.Fatalf("no %d free ports in a row between %d and %d", portBlock, firstPort, firstPort+portBlock*portBlocks)
	return 0
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func owner() string { return fmt.Sprintf("pid %d", os.Getpid()) }
