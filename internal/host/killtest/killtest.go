// Package killtest gives tests one cluster daemon in a process of its own, which is killed with -9 at a random moment,
// beside the ledger and the bus that it works on.
//
//	killtest.go  Cluster: the ledger, the bus and the copies of the daemon
//	queue.go     Queue: jobs that come and go meanwhile, and what is to be told of how many they are
//
//	func TestSurvivesKill(t *testing.T) {
//		t.Parallel()
//		c := killtest.New(t, Declare(Config{}))
//		c.Kill(func() { … }) // what happens meanwhile, in each of its rounds
//		last := c.Last()     // a copy that nobody disturbs
//	}
//
// The process is the test binary, which runs the same test again: there New does not return.
package killtest

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

// Variable is set in the environment of a process that is there to be killed.
const Variable = ledgerVariable

const (
	// What the process is told: where the ledger and the bus are, and its epoch.
	ledgerVariable, busVariable, epochVariable = "KILLTEST_LEDGER", "KILLTEST_BUS", "KILLTEST_EPOCH"

	// maxRounds is how many rounds a copy ends until it is killed, at most.
	maxRounds = 10
	// firstRound is about how long the first round takes.
	firstRound = 20 * time.Millisecond
)

// Cluster is what the copies of a daemon work on, one after the other.
type Cluster struct {
	*testing.T
	Ledger *ledger.Ledger
	// Operator writes beside the daemon, fenced by nobody.
	Operator *ledger.Session
	Bus      *bus.Client

	daemon    host.Declaration
	path, url string
	epoch     int64
}

// IsVictim says whether this process is one that Kill has started: a TestMain that prepares something need not do so there.
func IsVictim() bool { return os.Getenv(ledgerVariable) != "" }

// New returns a ledger and a bus without anything in them.
func New(t *testing.T, daemon host.Declaration) *Cluster {
	t.Helper()
	if path := os.Getenv(ledgerVariable); path != "" {
		tickUntilKilled(open(t, daemon, path, os.Getenv(busVariable)))
	}
	url := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1").URL()
	bustest.CreateStreams(t, url)
	return open(t, daemon, filepath.Join(t.TempDir(), "ledger.db"), url)
}

func open(t *testing.T, daemon host.Declaration, path, url string) *Cluster {
	t.Helper()
	opened := ledgertest.Open(t, ledger.Config{Path: path})
	return &Cluster{
		T: t, Ledger: opened, Operator: opened.Session("operator", 0), Bus: bustest.Connect(t, url), daemon: daemon, path: path, url: url,
	}
}

// Kill runs a copy in a process of its own and kills it at a random moment. Something happens meanwhile, once for each of
// its rounds, so that neither shuts the other out of the ledger; nil is nothing.
func (c *Cluster) Kill(meanwhile func()) {
	c.Helper()
	c.epoch++
	child := exec.CommandContext(c.Context(), os.Args[0], "-test.run=^"+c.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), ledgerVariable+"="+c.path, busVariable+"="+c.url, fmt.Sprintf("%s=%d", epochVariable, c.epoch))
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	require.NoError(c, err)
	require.NoError(c, child.Start())
	lines := bufio.NewScanner(output)
	require.True(c, lines.Scan(), "it begins")
	rounds := make(chan struct{}, 1)
	go strike(child.Process, lines, rounds)
	for range rounds {
		if meanwhile != nil {
			meanwhile()
		}
	}
	_ = child.Wait() // its state tells
	status, known := child.ProcessState.Sys().(syscall.WaitStatus)
	require.True(c, known && status.Signaled(), "it ended by itself: %s", child.ProcessState)
}

// strike kills a process, which writes a line after each round, at a random moment of a random round or soon after it.
// It tells when a round begins, and closes rounds when the process is gone. Rounds are counted rather than time, so that
// on a busy machine as much is done.
func strike(victim *os.Process, lines *bufio.Scanner, rounds chan<- struct{}) {
	defer close(rounds)
	last, began, round := rand.N(maxRounds), time.Now(), firstRound
	for seen := 0; ; seen++ {
		select {
		case rounds <- struct{}{}:
		default: // what happens meanwhile takes longer than a round
		}
		if seen == last {
			if seen > 0 {
				round = max(4*time.Since(began)/time.Duration(seen), time.Millisecond) // one that has work is longer than the mean
			}
			time.AfterFunc(rand.N(round), func() { _ = victim.Kill() }) // it is known to run, and Wait tells
		}
		if !lines.Scan() {
			return
		}
	}
}

// Look lets a new copy work undisturbed for one round, and returns it.
func (c *Cluster) Look() host.Checker {
	c.Helper()
	looking := c.Last()
	require.NoError(c, looking.Tick(c.Context()))
	return looking.(host.Checker)
}

// Last returns a copy in this process, which replaces all before it.
func (c *Cluster) Last() host.Ticker {
	c.Helper()
	c.epoch++
	return c.start(c.epoch)
}

func (c *Cluster) start(epoch int64) host.Ticker {
	c.Helper()
	row := c.daemon.Spec
	runner, err := c.daemon.New(host.Runtime{
		Spec: row, Node: "node-1", Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Bus: c.Bus.Session(row.Type, "", epoch),
		Ledger: func(context.Context) (*ledger.Session, error) { return c.Ledger.Session(string(row.Type), epoch), nil },
	})
	require.NoError(c, err)
	return runner.(host.Ticker)
}

func tickUntilKilled(c *Cluster) {
	epoch, err := strconv.ParseInt(os.Getenv(epochVariable), 10, 64)
	require.NoError(c, err)
	daemon := c.start(epoch)
	fmt.Println("begins")
	for {
		_ = daemon.Tick(c.Context()) // its host would let it try again
		fmt.Println("round")
	}
}
