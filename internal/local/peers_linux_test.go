package local

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// withNodes is the same installation as another `make up NODES=n` sees it.
func (b *bundle) withNodes(t *testing.T, nodes int) *bundle {
	t.Helper()
	config := b.config
	config.Nodes = nodes
	installation, err := New(config, b.out)
	require.NoError(t, err)
	b.out.Reset()
	return &bundle{Installation: installation, config: config, out: b.out}
}

func (b *bundle) pids(t *testing.T) (pids []int) {
	t.Helper()
	all, err := b.all()
	require.NoError(t, err)
	for _, s := range all {
		pids = append(pids, b.pid(t, s))
	}
	return pids
}

func TestSeveralNodes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	three := b.withNodes(t, 3)
	require.NoError(t, three.Up(t.Context()), "%s", b.out)
	before := three.pids(t)
	require.Len(t, before, 4, "the server and three workers")
	for _, name := range []string{"node-2", "node-3"} {
		number, _ := strconv.Atoi(name[5:])
		require.Contains(t, three.environ(t, before[number]), "NODE_ID="+name)
		require.Contains(t, three.environ(t, before[number]), "DATA_DIR="+filepath.Join(b.config.DataDir, name))
		require.Contains(t, three.environ(t, before[number]), "CLUSTER_DIR="+filepath.Join(b.config.DataDir, "cluster"))
	}
	require.NotContains(t, three.environ(t, before[1]), "NODE_ID=node-1", "the first one is as it is alone")

	require.NoError(t, syscall.Kill(before[3], syscall.SIGKILL))
	peers, err := three.peers()
	require.NoError(t, err)
	address := peers[1].address
	require.Eventually(t, func() bool { known, err := peers[1].find(); return err == nil && known == nil }, 30*time.Second, pollInterval)
	require.NoError(t, three.Up(t.Context()), "%s", b.out)
	repaired := three.pids(t)
	require.Equal(t, before[:3], repaired[:3], "those that run stay")
	require.NotEqual(t, before[3], repaired[3])
	peers, err = three.peers()
	require.NoError(t, err)
	require.Equal(t, address, peers[1].address, "it comes back where it was")

	two := b.withNodes(t, 2)
	require.NoError(t, two.Up(t.Context()), "%s", b.out)
	require.Contains(t, b.out.String(), "Stopped worker-3")
	require.Equal(t, repaired[:3], two.pids(t))

	one := b.withNodes(t, 1)
	require.NoError(t, one.Status(t.Context()))
	require.Contains(t, b.out.String(), "worker-2", "a worker that runs shows, wanted or not")
	require.NoError(t, one.Down(t.Context()), "%s", b.out)
	one.requireNothingRuns(t)
}

// The event bus moves to another worker when the first one is killed: its address is then taken, by nobody to be
// refused for.
func TestTheFirstWorkerComesBackWhileAnotherHasTheBus(t *testing.T) {
	t.Parallel()
	b := setup(t).withNodes(t, 2)
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	before := b.pids(t)
	bus, err := net.Listen("tcp", b.config.BusListen)
	require.NoError(t, err)
	defer bus.Close()
	require.NoError(t, syscall.Kill(before[1], syscall.SIGKILL))
	require.Eventually(t, func() bool { known, err := b.worker.find(); return err == nil && known == nil }, 5*time.Second, pollInterval)
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	require.NotEqual(t, before[1], b.pids(t)[1])
	require.NoError(t, b.Down(t.Context()), "%s", b.out)
}

// environ returns the variables that a process was started with; of two with one name the last one.
func (b *bundle) environ(t *testing.T, pid int) (list []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	require.NoError(t, err)
	last := map[string]string{}
	for _, variable := range strings.Split(string(text), "\x00") {
		name, value, _ := strings.Cut(variable, "=")
		last[name] = value
	}
	for name, value := range last {
		list = append(list, name+"="+value)
	}
	return list
}

// No worker is no installation: what was meant is not guessed.
func TestANumberOfNodesThatCannotBe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, nodes := range []int{-1, 0, maxNodes + 1} {
		b.config.Nodes = nodes
		_, err := New(b.config, b.out)
		require.ErrorContains(t, err, "NODES="+strconv.Itoa(nodes))
		var fault settingError
		require.ErrorAs(t, err, &fault, "the starter takes it for wrong usage")
	}
}

// A server whose process is there and answers nobody is no server.
func TestUpReplacesAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	before := b.pids(t)
	require.NoError(t, syscall.Kill(before[0], syscall.SIGSTOP))
	b.answers, b.server.grace = 3*time.Second, time.Second // it is frozen: it neither answers nor ends, however long it is given
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	after := b.pids(t)
	require.NotEqual(t, before[0], after[0])
	require.Equal(t, before[1], after[1], "the worker stays")
	require.Contains(t, b.out.String(), "The server runs, but has not answered")
	require.NoError(t, b.Down(t.Context()), "%s", b.out)
	b.requireNothingRuns(t)
}
