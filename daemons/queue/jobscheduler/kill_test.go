package jobscheduler_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/daemons/queue/jobscheduler"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

const (
	killedJobs   = 60
	killedRounds = 6
)

// A scheduler that is killed in the middle of its grants leaves nothing that its successors do not put right: in the
// end each job was claimed once and has the workflow of that claim.
func TestGrantsSurviveKill(t *testing.T) {
	if os.Getenv("SCHEDULER_LEDGER") != "" {
		scheduleUntilKilled(t)
		return
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	b := setup(t, ledgertest.Open(t, ledger.Config{Path: path}))
	events := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	b.client = bustest.Connect(t, events.URL())
	bustest.CreateStreams(t, events.URL())
	jobs := b.submit("a", killedJobs)
	b.node("n1", killedJobs)
	for round := range killedRounds {
		b.node("n1", killedJobs) // it still lives
		b.killOne(path, events, int64(round+1))
	}
	b.restart(killedRounds + 1)
	b.node("n1", killedJobs)
	b.tick()
	b.tick()
	for _, job := range jobs {
		job := b.job(job.ID)
		require.Equal(t, ledger.Claimed, job.Status, "job %s", job.ID)
		require.EqualValues(t, 1, job.Token, "job %s was claimed once", job.ID)
		require.True(t, b.open(job), "job %s has the workflow of its claim", job.ID)
	}
}

// killOne runs a scheduler in a process of its own and kills it while it grants.
func (b *bundle) killOne(path string, events *bus.Server, epoch int64) {
	b.t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestGrantsSurviveKill$", "-test.count=1")
	child.Env = append(os.Environ(), "SCHEDULER_LEDGER="+path, "SCHEDULER_BUS="+events.URL(), "SCHEDULER_TEMPORAL="+server.Address(),
		"SCHEDULER_NAMESPACE="+b.space, fmt.Sprintf("SCHEDULER_EPOCH=%d", epoch))
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	require.NoError(b.t, err)
	require.NoError(b.t, child.Start())
	lines := bufio.NewScanner(output)
	require.True(b.t, lines.Scan(), "it begins")
	time.AfterFunc(rand.N(60*time.Millisecond), func() { _ = child.Process.Kill() }) // it is known to run, and Wait tells
	for lines.Scan() {
		continue
	}
	require.Error(b.t, child.Wait(), "it was killed")
}

func scheduleUntilKilled(t *testing.T) {
	var epoch int64
	_, err := fmt.Sscan(os.Getenv("SCHEDULER_EPOCH"), &epoch)
	require.NoError(t, err)
	opened := ledgertest.Open(t, ledger.Config{Path: os.Getenv("SCHEDULER_LEDGER")})
	connection, err := client.Dial(client.Options{HostPort: os.Getenv("SCHEDULER_TEMPORAL"), Namespace: os.Getenv("SCHEDULER_NAMESPACE")})
	require.NoError(t, err)
	events := bustest.Connect(t, os.Getenv("SCHEDULER_BUS"))
	s := newScheduler(t, jobscheduler.Config{Grants: 8}, epoch, opened, events, connection, time.Now)
	fmt.Println("begins")
	for {
		_ = s.Tick(t.Context()) // it asks for another round at once, or is killed
	}
}
