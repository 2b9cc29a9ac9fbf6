package autosync

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

func ids(prefix string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s-%03d", prefix, i))
	}
	return all
}

// Segments of three nodes end up in the stores of all three, with one digest and each game once.
func TestThreeNodesConverge(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b, d := c.add("node-a"), c.add("node-b"), c.add("node-c")
	a.segment("sq5_2p", ids("a", 20)...)
	b.segment("sq5_2p", append(ids("b", 15), "a-003")...)
	d.segment("sq5_2p", ids("c", 5)...)
	for _, n := range []*node{a, b, d} {
		n.start()
	}
	c.converge("sq5_2p", 40, a, b, d)
	c.eventually("everything is told to be safe", func() bool { return len(told[bus.GameSynced](c)) == 3 })
	done := told[bus.DataSyncCompleted](c)
	require.Len(t, done, 6, "each of three files came to two nodes, once")
	for _, one := range done {
		require.NotEmpty(t, one.SHA256)
		require.Positive(t, one.BytesTransferred)
	}
	for _, n := range []*node{a, b, d} {
		require.Empty(t, leftovers(t, n.path), "no partial file stays on %s", n.name)
	}
}

// Games that were played to judge models reach every node that keeps games, and no store: what is in there was played
// to learn from, or written by a merge of such games.
func TestGamesThatJudgeStayOut(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a"), c.add("node-b")
	judging := []data.Item{
		a.segmentFor("evaluate", "sq5_2p", ids("evaluation", 20)...), a.segmentFor("match", "sq5_2p", ids("tournament", 20)...),
	}
	a.segment("sq5_2p", ids("selfplay", 12)...)
	a.segmentFor("merge", "sq5_2p", ids("selfplay", 10)...)
	a.start()
	b.start()
	c.eventually("everything is told to be safe", func() bool { return len(told[bus.GameSynced](c)) == 4 })
	c.converge("sq5_2p", 12, a, b)
	for _, item := range judging {
		require.Len(t, b.dir.Find(item.SHA256), 1, "%s is kept", item.Name)
	}
	for _, done := range told[bus.DataSyncCompleted](c) {
		if done.SHA256 == judging[0].SHA256.String() || done.SHA256 == judging[1].SHA256.String() {
			require.Zero(t, done.GamesSynced)
		}
	}
}

// A store that a build of before has merged games into that were played to judge models gives them back. What it has from
// files that are not here, it keeps.
func TestGamesThatJudgeLeaveAStore(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("node-a")
	a.segment("sq5_2p", ids("selfplay", 12)...)
	judging := a.segmentFor("evaluate", "sq5_2p", append(ids("evaluation", 20), ids("selfplay", 2)...)...)
	store := filepath.Join(a.path, "games", "canonical_sq5_2p.db")
	source, err := a.dir.Path(judging.Place)
	require.NoError(t, err)
	unknown := datatest.Games(t, filepath.Join(t.TempDir(), "gone.db"), ids("gone", 5)...)
	for path, sum := range map[string]data.Sum{source: judging.SHA256, unknown: {9}} {
		_, err := games.Merge(t.Context(), games.Merging{Source: path, SHA256: sum, Store: store})
		require.NoError(t, err)
	}
	require.EqualValues(t, 27, a.digest("sq5_2p").Games)
	a.start()
	c.converge("sq5_2p", 12+5, a)
	sources, err := games.MergedSources(t.Context(), store)
	require.NoError(t, err)
	require.NotContains(t, sources, judging.SHA256)
	require.Contains(t, sources, data.Sum{9})
	require.Len(t, a.dir.Find(judging.SHA256), 1, "the evidence is kept")
}

// A live database in WAL mode, with a writer that goes on: its complete games arrive everywhere, by the event alone:
// the next round without one is an hour away.
func TestLiveStoreArrivesWhileItIsWritten(t *testing.T) {
	t.Parallel()
	c := setup(t)
	slow := func(n *node) { n.config.Interval = time.Hour }
	a := c.add("node-a", slow).start()
	peers := []*node{c.add("node-b", slow).start(), c.add("node-c", slow).start(), c.add("node-d", slow).start()}
	store := a.live("selfplay_hex8_2p.db")
	for i := range 20 {
		datatest.Play(t, store, fmt.Sprintf("live-%02d", i), "completed", 24)
	}
	datatest.Play(t, store, "still-going", "active", 3)
	writing, err := store.Begin()
	require.NoError(t, err)
	_, err = writing.Exec(`INSERT INTO game_choices (game_id, choice) VALUES ('still-going', 'in a transaction that stays open')`)
	require.NoError(t, err)
	defer func() { require.NoError(t, writing.Rollback()) }()

	require.NoError(t, c.client.Session("JOB_SCHEDULER", "", 1).Publish(t.Context(), bus.NewGamesAvailable{
		Config: bus.ConfigOf("hex8_2p"), Host: "node-a", NewGames: 20, StorePath: "games/selfplay_hex8_2p.db", SHA256: strings.Repeat("a", 64),
	}))
	c.converge("hex8_2p", 20, append(peers, a)...)
	cut := a.dir.Inventory().Items
	for _, n := range peers {
		verdict := format.JudgeLive(t.Context(), filepath.Join(n.path, "games", "canonical_hex8_2p.db"))
		require.Equal(t, format.Valid, verdict.State, verdict.Reason)
		for _, item := range cut {
			if item.Role == data.RoleSegment {
				require.Len(t, n.dir.Find(item.SHA256), 1, "%s has what was cut, byte for byte", n.name)
			}
		}
	}
}

// A peer that is away gets what it missed when it is back, without any new event.
func TestPeerThatWasAway(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a").start(), c.add("node-b").start()
	a.segment("sq5_2p", ids("first", 12)...)
	c.converge("sq5_2p", 12, a, b)
	b.stop()
	a.segment("sq5_2p", ids("second", 12)...)
	c.eventually("the node merges its own", func() bool { return a.digest("sq5_2p").Games == 24 })
	require.EqualValues(t, 12, b.digest("sq5_2p").Games)
	b.start()
	c.converge("sq5_2p", 24, a, b)
}

// A peer that was left alone because it did not answer is asked at once when it is back at another address.
func TestPeerThatMoved(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a").start(), c.add("node-b").start()
	a.segment("sq5_2p", ids("first", 12)...)
	c.converge("sq5_2p", 12, a, b)
	b.stop()
	c.eventually("it is missed", func() bool { return len(a.health().Findings) > 0 })
	c.eventually("it is left alone", func() bool { return len(a.health().Findings) == 0 && a.health().Details["peers"] == 1 })
	b.segment("sq5_2p", ids("second", 12)...)
	b.start()
	c.converge("sq5_2p", 24, a, b)
}

// The same database name with different games on two nodes: both sets arrive at the third.
func TestSameNameDifferentGames(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b, d := c.add("node-a"), c.add("node-b"), c.add("node-c")
	for _, n := range []*node{a, d} {
		store := n.live("selfplay_sq5_2p.db")
		for i := range 12 {
			datatest.Play(t, store, fmt.Sprintf("%s-%d", n.name, i), "completed", 9)
		}
	}
	for _, n := range []*node{a, b, d} {
		n.start()
	}
	c.converge("sq5_2p", 24, a, b, d)
}

// A node that sends wrong bytes is found out: nothing of it is kept, an event tells, and as soon as the bytes are
// right the file is there.
func TestFlippedByte(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a, b := c.add("node-a"), c.add("node-b")
	item := a.segment("sq5_2p", ids("game", 12)...)
	server, err := transfer.NewServer(a.dir, transfer.ServerConfig{Tokens: []string{token}})
	require.NoError(t, err)
	var honest atomic.Bool
	a.seen = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !honest.Load() && strings.HasPrefix(r.URL.Path, "/v1/items/") {
			w = &flipper{ResponseWriter: w}
		}
		server.ServeHTTP(w, r)
	})
	a.start()
	b.start()
	c.eventually("the fault is told", func() bool { return len(told[bus.SyncChecksumFailed](c)) > 0 })
	require.Empty(t, b.dir.Find(item.SHA256))
	require.Zero(t, b.digest("sq5_2p").Games)
	honest.Store(true)
	c.converge("sq5_2p", 12, a, b)
}

// flipper changes the first byte of an answer.
type flipper struct {
	http.ResponseWriter
	flipped bool
}

// Unwrap lets the server set deadlines.
func (f *flipper) Unwrap() http.ResponseWriter { return f.ResponseWriter }

func (f *flipper) Write(p []byte) (int, error) {
	if !f.flipped && len(p) > 0 {
		f.flipped = true
		p = append([]byte{p[0] ^ 1}, p[1:]...)
	}
	return f.ResponseWriter.Write(p)
}

// What a role does not need is not fetched; what is asked for by name is.
func TestRolesAndRequests(t *testing.T) {
	t.Parallel()
	c := setup(t)
	player := c.add("player", func(n *node) { n.config.Roles = []spec.Role{spec.RoleSelfplay} })
	trainer := c.add("trainer", strategyOf("pull"), func(n *node) { n.config.Roles = []spec.Role{spec.RoleTraining} }) // it asks nobody
	trainer.segment("sq5_2p", ids("game", 12)...)
	model := trainer.model("sq5_2p/weights.bin", datatest.Bytes(3<<20, "weights"))
	player.start()
	trainer.start()
	require.NoError(t, c.client.Session("MODEL_DISTRIBUTION", "", 1).Publish(t.Context(), bus.SyncRequest{
		Targets: []string{"player"}, Reason: "a new model",
		Items: []bus.SyncItem{{Role: "model", Name: "sq5_2p/weights.bin", SHA256: model.SHA256.String(), Bytes: model.Bytes, Sources: []string{"trainer"}}},
	}))
	c.eventually("the model is there", func() bool { return len(player.dir.Find(model.SHA256)) == 1 })
	c.eventually("and told", func() bool { return len(told[bus.DataSyncCompleted](c)) == 1 })
	require.Equal(t, "player", told[bus.DataSyncCompleted](c)[0].NodeID)
	require.Zero(t, player.digest("sq5_2p").Games, "it plays and does not collect games")
}

// A request for a place that is not for others is refused, and the refusal is kept as a dead letter.
func TestRequestForTheWrongPlace(t *testing.T) {
	t.Parallel()
	d := &daemon{rt: host.Runtime{Node: "node-a", Files: setup(t).add("node-a").dir}}
	for _, item := range []bus.SyncItem{
		{Role: "store", Name: "canonical_sq5_2p.db", SHA256: strings.Repeat("a", 64)},
		{Role: "segment", Name: "sq5_2p/x.db", SHA256: strings.Repeat("a", 64)},
		{Role: "model", Name: "../../etc/passwd", SHA256: strings.Repeat("a", 64)},
		{Role: "nothing", Name: "x", SHA256: strings.Repeat("a", 64)},
		{Role: "model", Name: "x", SHA256: "short"},
	} {
		_, err := d.read(bus.SyncRequest{Items: []bus.SyncItem{item}}, "OPERATOR")
		require.Error(t, err, "%v", item)
	}
}

// Games whose scores are bad are kept and stay out of the stores; games without scores are not bad.
func TestQualityGate(t *testing.T) {
	t.Parallel()
	c := setup(t)
	a := c.add("node-a", func(n *node) { n.config.MinimumQuality = 0.6 }) // those of datatest score 0.5
	poor := a.segment("sq5_2p", ids("poor", 8)...)
	few := a.segment("sq5_2p", ids("few", 3)...)
	a.start()
	c.eventually("the ones with too few scores are merged", func() bool { return a.digest("sq5_2p").Games == 3 })
	require.Len(t, a.dir.Find(few.SHA256), 1)
	require.FileExists(t, filepath.Join(a.path, "games", "segments", filepath.FromSlash(poor.Name)), "it is kept")
}

func TestStrategies(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		asked  string
		labels []string
		want   strategy
	}{{"", nil, hybrid}, {"auto", []string{"ephemeral"}, ephemeral}, {"pull", []string{"ephemeral"}, pull}, {"broadcast", nil, broadcast}} {
		got, err := chooseStrategy(one.asked, one.labels)
		require.NoError(t, err)
		require.Equal(t, one.want, got, "%v", one)
	}
	_, err := chooseStrategy("push", nil)
	require.ErrorContains(t, err, `strategy "push" is unknown: use auto, hybrid`)
	require.False(t, hybrid.receivesGames([]spec.Role{spec.RoleCoordinator, spec.RoleSelfplay}))
	require.True(t, hybrid.receivesGames([]spec.Role{spec.RoleStorage}))
	require.True(t, pull.receivesGames([]spec.Role{spec.RoleCoordinator}))
}

func TestRetries(t *testing.T) {
	t.Parallel()
	require.InDelta(t, 2, retryAfter(1).Seconds(), 0.3)
	require.InDelta(t, 8, retryAfter(3).Seconds(), 1)
	require.InDelta(t, 600, retryAfter(1000).Seconds(), 61)
	var told []int
	for n := range 30 {
		if complains(n) {
			told = append(told, n)
		}
	}
	require.Equal(t, []int{3, 6, 12, 24}, told)
}

func TestRow(t *testing.T) {
	t.Parallel()
	row := Declare(Config{}).Spec
	require.Equal(t, "create_auto_sync", row.Runner)
	require.True(t, row.Critical)
	require.Equal(t, []spec.Type{"EVENT_ROUTER", "DATA_PIPELINE", "FEEDBACK_LOOP"}, row.DependsOn)
	require.Equal(t, spec.ScopeNode, row.Scope)
}

// leftovers are files that no reader should ever see.
func leftovers(t *testing.T, dir string) (found []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "games"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(entry.Name(), ".arriving-") {
			found = append(found, path)
		}
		return nil
	}))
	return found
}
