//go:build acceptance

package programs

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// seedVariable repeats the kills of a run that told its seed.
const seedVariable = "KILLS_SEED"

// TestKills kills workers, shims, the server, and mixes of them at random moments while the example and the registry's
// graph run, the latter as 78 processes. A watcher of its own looks at /proc all the time: no daemon runs twice, and
// nothing is left.
func TestKills(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, seedVariable)
		seed = given
	}
	t.Logf("to repeat: %s=%d", seedVariable, seed)
	k := newKills(t, rand.New(rand.NewPCG(seed, 0)))
	sightings := k.watcher()
	for round := range choose(100, 10) {
		k.round(round)
	}
	k.awaitAll()
	k.starter("wait", "--ready", "--timeout", patience.String())
	seen := sightings()
	t.Logf("killed %v; the watcher looked %d times, saw %d daemons, %d processes at most, %d starts", k.killed, seen.Looks, seen.Daemons, seen.Processes, seen.Starts)
	require.Empty(t, seen.Twice, "daemons that ran twice")
	require.GreaterOrEqual(t, seen.Daemons, len(k.graph), "it saw them")
	require.Greater(t, seen.Starts, len(k.graph), "it saw them come back")

	k.starter("down", "--timeout", patience.String())
	require.Empty(t, k.everything(), "processes that are left")
	require.Empty(t, k.processes(), "processes that are left")
}

// kills is an installation with the example and the graph, to be killed.
type kills struct {
	*example
	random *rand.Rand
	graph  []string // names of its daemons
	killed map[string]int
}

func newKills(t *testing.T, random *rand.Rand) *kills {
	k := &kills{example: newExample(setup(t, 1)), random: random, killed: map[string]int{}}
	k.files = append(k.files, k.write("graph.yaml", k.graphFile(testkit.ReferenceRows(t))))
	k.starter(append([]string{"up", "--wait", "--timeout", patience.String()}, k.flags()...)...)
	k.awaitAll()
	return k
}

// family is how many processes each daemon of the graph has: the main one and a child.
const family = 2

// graphFile declares the rows as commands that have a child and say when they are ready.
func (k *kills) graphFile(rows []spec.Daemon) string {
	name := func(row spec.Type) string { return "g-" + strings.ReplaceAll(strings.ToLower(string(row)), "_", "-") }
	var text strings.Builder
	text.WriteString("daemons:\n")
	for _, row := range rows {
		var edges []string
		for _, on := range row.DependsOn {
			edges = append(edges, name(on))
		}
		k.graph = append(k.graph, name(row.Type))
		fmt.Fprintf(&text, "  %s:\n    shell: sleep infinity & echo ready; exec sleep infinity\n    readiness: {log: ready}\n    depends_on: [%s]\n"+
			"    restart: {max_restarts: 1000, max_delay: 1s}\n    env: {TOKEN, RIG_DAEMON: %s}\n",
			name(row.Type), strings.Join(edges, ", "), name(row.Type))
	}
	return text.String()
}

// round kills something, and waits for all to be back or kills again before they are.
func (k *kills) round(number int) {
	k.Helper()
	kind := []string{"worker", "shim", "server", "worker and shim", "worker and server", "all"}[k.random.IntN(6)]
	k.killed[kind]++
	if kind == "shim" || strings.HasSuffix(kind, "and shim") || kind == "all" {
		k.killShims()
	}
	worker := strings.HasPrefix(kind, "worker") || kind == "all"
	if worker {
		k.workers[0].kill()
	}
	if strings.HasSuffix(kind, "server") || kind == "all" {
		k.server.Kill(k)
		k.moment(2 * time.Second)
		k.server.Restart(k)
	}
	if worker {
		k.moment(time.Second)
		k.workers[0].start()
	}
	if k.random.IntN(2) == 0 {
		k.moment(3 * time.Second)
		return
	}
	began := time.Now()
	k.awaitAll()
	k.Logf("round %d: %s killed, all back after %s", number, kind, time.Since(began).Round(time.Millisecond))
}

// killShims kills up to five of the shims that live.
func (k *kills) killShims() {
	shims := k.shims()
	k.random.Shuffle(len(shims), func(i, j int) { shims[i], shims[j] = shims[j], shims[i] })
	for _, pid := range shims[:min(len(shims), 1+k.random.IntN(5))] {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may just have ended
	}
}

// moment lets a random time pass: when the next blow falls is the point.
func (k *kills) moment(longest time.Duration) {
	<-time.After(time.Duration(k.random.Int64N(int64(longest))))
}

// awaitAll waits until one whole copy of each daemon of the graph runs, with nothing beside it, and the site works.
func (k *kills) awaitAll() {
	k.Helper()
	var missing []string
	complete := func() bool {
		missing = nil
		all := k.processes()
		copies, count := copiesOf(all), map[string]int{}
		for _, one := range all {
			count[one.Daemon]++
		}
		for _, name := range k.graph {
			if len(copies[name]) != 1 || count[name] != family {
				missing = append(missing, name)
			}
		}
		_, works := k.order()
		return works && len(missing) == 0
	}
	limit := time.Now().Add(patience)
	for !complete() {
		require.True(k, time.Now().Before(limit), "all are back; missing %v", missing)
		<-time.After(poll)
	}
}
