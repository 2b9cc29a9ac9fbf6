package elosync

import (
	"bufio"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

const (
	killedNodes   = 3
	killedRounds  = 4
	ownMatches    = 250 // that each node has before the first kill
	commonMatches = 50  // that all nodes have
	lateMatches   = 5   // that each node gets while it is shipped, before each kill
)

// TestShippingSurvivesKill kills the daemons of three nodes again and again while they ship, and while their
// programs go on to record matches: in the end the ledger has each match once and all nodes say the same.
func TestShippingSurvivesKill(t *testing.T) {
	if url := os.Getenv("ELO_BUS"); url != "" {
		shipUntilKilled(t, url)
		return
	}
	t.Parallel()
	events := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	path := filepath.Join(t.TempDir(), "ledger.db")
	c := &cluster{T: t, client: bustest.Connect(t, events.URL()), ledger: ledgertest.Open(t, ledger.Config{Path: path})}
	bustest.CreateStreams(t, events.URL())
	var folders []string
	var histories []*sql.DB
	for i := range killedNodes {
		n := c.node(fmt.Sprintf("node-%d", i), 1)
		folders, histories = append(folders, n.rt.DataDir), append(histories, n.history(middle))
		play(t, histories[i], fmt.Sprintf("own-%d", i), ownMatches)
		play(t, histories[i], "common", commonMatches)
	}
	for round := range killedRounds {
		for i, folder := range folders {
			daemon := startShipping(t, events.URL(), path, folder, fmt.Sprintf("node-%d", i), 2+round)
			play(t, histories[i], fmt.Sprintf("late-%d-%d", round, i), lateMatches)
			time.AfterFunc(rand.N(60*time.Millisecond), func() { _ = daemon.Process.Kill() }) // it is known to run, and Wait tells
			require.Error(t, daemon.Wait(), "it was killed")
		}
	}
	all := killedNodes*(ownMatches+killedRounds*lateMatches) + commonMatches
	require.Less(t, len(c.matches()), all, "the kills came while there was work")
	c.rate(1516)
	digests := map[string]bool{}
	for range 2 { // the second time there is nothing to do
		for i, folder := range folders {
			n := c.nodeIn(fmt.Sprintf("node-%d", i), int64(100), folder)
			n.tick()
			require.Zero(t, n.state.refused)
			digests[n.state.digest] = true
		}
		require.Equal(t, all, len(c.matches()))
	}
	require.Len(t, digests, 1, "the ratings are the same everywhere")
	require.NotContains(t, digests, "")
	wins := map[string]int{}
	for _, match := range c.matches() {
		wins[match.Participants[match.Outcomes[0].Ranks[0]-1]]++
	}
	require.Equal(t, map[string]int{"x": len(c.matches())}, wins)
}

// play records matches as a program of the node would, whichever their numbers.
func play(t *testing.T, history *sql.DB, name string, count int) {
	t.Helper()
	for i := range count {
		insert(t, history, `INSERT INTO match_history (participant_a, participant_b, winner, board_type, num_players, timestamp, game_id)
			VALUES ('x', 'y', 'x', 'hex8', 2, ?, ?)`, 1700000000+i, fmt.Sprintf("%s-%d", name, i))
	}
}

func startShipping(t *testing.T, url, ledgerPath, folder, node string, epoch int) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestShippingSurvivesKill$", "-test.count=1")
	child.Env = append(os.Environ(), "ELO_BUS="+url, "ELO_LEDGER="+ledgerPath, "ELO_DIR="+folder, "ELO_NODE="+node, fmt.Sprintf("ELO_EPOCH=%d", epoch))
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	t.Cleanup(func() { _ = child.Process.Kill() }) // mostly it is gone
	require.True(t, bufio.NewScanner(output).Scan(), "it begins")
	return child
}

// shipUntilKilled ships little at once and slowly, so that a kill falls between any two steps.
func shipUntilKilled(t *testing.T, url string) {
	epoch, err := strconv.ParseInt(os.Getenv("ELO_EPOCH"), 10, 64)
	require.NoError(t, err)
	c := &cluster{T: t, client: bustest.Connect(t, url), ledger: ledgertest.Open(t, ledger.Config{Path: os.Getenv("ELO_LEDGER")})}
	n := c.nodeIn(os.Getenv("ELO_NODE"), epoch, os.Getenv("ELO_DIR"))
	n.config.Batch = 1
	fmt.Println("begins")
	for {
		_ = n.Tick(t.Context()) // it asks for another round at once, or is killed
	}
}
