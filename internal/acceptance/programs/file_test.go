//go:build acceptance

package programs

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// noted is a file of daemons that note their starts and stops in one journal, in the order in which they happen. The
// name of each is its version.
const noted = `version: 1
x-noted: &noted
  shell: 'echo start-$RIG_DAEMON >> journal; trap "echo stop-$RIG_DAEMON >> journal; exit 0" TERM; while :; do sleep 0.1; done'
daemons:
  database: {<<: *noted, env: {TOKEN, RIG_DAEMON: database}}
  migrate:
    shell: "echo start-$RIG_DAEMON >> journal"
    kind: one_shot
    depends_on: [database]
    env: {TOKEN, RIG_DAEMON: migrate}
  api: {<<: *noted, depends_on: [migrate], env: {TOKEN, RIG_DAEMON: api}}
  web: {<<: *noted, depends_on: [api], env: {TOKEN, RIG_DAEMON: web}}
  agent: {<<: *noted, scope: node, depends_on: [web], env: {TOKEN, RIG_DAEMON: agent}}
  other: {<<: *noted, env: {TOKEN, RIG_DAEMON: other}}
`

// TestFile takes a file of daemons through its life.
func TestFile(t *testing.T) {
	r := setup(t, 1)
	r.workers = append(r.workers, r.newWorker(1)) // a second node, for what runs on every one
	r.workers[1].start()
	path := r.write("daemons.yaml", noted)
	r.beforeTheFirst(path)

	r.up(path)
	r.eventually(func() bool { return r.count("start-agent") == 2 }, "all have noted their start")
	r.requireOrder("start-database", "start-migrate", "start-api", "start-web", "start-agent")
	r.eventually(func() bool { return len(r.copies("agent")) == 2 }, "a copy on every node")

	r.unchanged(path)
	r.described(path)
	r.oneChanged(path)
	r.twoChanged()
	r.stoppedStays()
	r.removedAndRestored()
	r.downAndUp()

	r.starter("down", "--timeout", patience.String())
	require.Empty(t, r.processes())
}

// beforeTheFirst: a dry run shows and changes nothing.
func (r *rig) beforeTheFirst(path string) {
	r.Helper()
	before := r.quietHistories()
	shown := r.starter("up", "--file", path, "--dry-run")
	for _, daemon := range []string{"DATABASE", "MIGRATE", "API", "WEB", "AGENT", "OTHER"} {
		require.Regexp(r, `(?m)^\+ +`+daemon+` +starts$`, shown)
	}
	require.Equal(r, before, r.quietHistories())
	require.Empty(r, r.processes())
}

// unchanged: applying a file again adds no event to any history.
func (r *rig) unchanged(path string) {
	r.Helper()
	before, pids := r.quietHistories(), r.mains()
	require.Contains(r, r.up(path), "6 unchanged")
	require.Equal(r, before, r.quietHistories(), "events of each history")
	require.Equal(r, pids, r.mains())
}

// described: a text that is only shown is taken over by what runs, on every node, and by what has succeeded.
func (r *rig) described(path string) {
	r.Helper()
	pids := r.mains()
	text := strings.NewReplacer("x-noted: &noted\n", "x-noted: &noted\n  description: notes\n", "    kind: one_shot\n", "    kind: one_shot\n    description: notes\n")
	shown := r.up(r.write("described.yaml", text.Replace(noted)))
	require.Regexp(r, `(?m)^~ +MIGRATE +is shown otherwise at once, without a restart$`, shown)
	require.Contains(r, shown, `description: none -> "notes"`)
	require.Contains(r, shown, "0 unchanged")
	r.quietHistories()
	require.Regexp(r, `(?m)^what it is +notes$`, r.starter("explain", "agent"))
	r.up(path)
	r.quietHistories()
	require.Equal(r, pids, r.mains())
	require.Equal(r, 1, r.count("start-migrate"))
}

// oneChanged: only the changed daemon restarts, after a dry run that says so and changes nothing.
func (r *rig) oneChanged(path string) {
	r.Helper()
	before, pids := r.quietHistories(), r.mains()
	changed := r.write("changed.yaml", strings.Replace(noted, "RIG_DAEMON: api}", "RIG_DAEMON: api, LEVEL: high}", 1))
	shown := r.starter("up", "--file", changed, "--dry-run")
	require.Regexp(r, `(?m)^~ +API +restarts$`, shown)
	require.Contains(r, shown, "environment.LEVEL: none -> ***")
	require.Contains(r, shown, "5 unchanged")
	require.Equal(r, before, r.quietHistories())

	r.up(changed)
	now := r.mains()
	require.NotEqual(r, pids["api"], now["api"], "a new api, once the starter has waited for it")
	delete(pids, "api")
	delete(now, "api")
	require.Equal(r, pids, now, "the others run on")
	require.Equal(r, 1, r.count("start-migrate"), "what has succeeded does not run again")
	r.up(path)
	require.Equal(r, 3, r.count("start-api"), "and back")
}

// twoChanged: changed daemons restart in the order of their edges.
func (r *rig) twoChanged() {
	r.Helper()
	begin := len(r.lines("journal"))
	changed := strings.NewReplacer("RIG_DAEMON: database", "RIG_DAEMON: database2", "RIG_DAEMON: web", "RIG_DAEMON: web2").Replace(noted)
	r.up(r.write("changed.yaml", changed))
	require.Subset(r, []string{"stop-database", "start-database2", "stop-web", "start-web2"}, r.lines("journal")[begin:], "nothing else restarts")
	order := r.lines("journal")[begin:]
	require.Less(r, slices.Index(order, "start-database2"), slices.Index(order, "start-web2"))
	r.up(r.write("daemons.yaml", noted))
}

// stoppedStays: what the operator has stopped is stopped after an apply, and has the new program when it is started.
func (r *rig) stoppedStays() {
	r.Helper()
	r.starter("stop", "other", "--wait")
	changed := strings.Replace(noted, "RIG_DAEMON: other", "RIG_DAEMON: other2", 1)
	r.up(r.write("daemons.yaml", changed))
	r.quietHistories()
	require.Equal(r, spec.PhaseStopped, r.info("other").Phase)
	require.Empty(r, append(r.pids("other"), r.pids("other2")...))
	r.starter("start", "other", "--wait")
	require.Len(r, r.copies("other2"), 1, "the new program")
	r.up(r.write("daemons.yaml", noted))
	r.eventually(func() bool { return r.count("start-other") == 2 }, "and back")
}

// removedAndRestored: entries that are gone stop in order and their workflows end; the file before can be restored.
func (r *rig) removedAndRestored() {
	r.Helper()
	begin := len(r.lines("journal"))
	short, _, _ := strings.Cut(noted, "  web:")
	r.up(r.write("short.yaml", short))
	gone := []string{"daemon/WEB", "daemon/AGENT", "daemon/AGENT@node-1", "daemon/AGENT@node-2", "daemon/OTHER"}
	r.eventually(func() bool {
		open := r.histories()
		return !slices.ContainsFunc(gone, func(id string) bool { _, there := open[id]; return there })
	}, "the workflows of what is gone have ended")
	order := r.lines("journal")[begin:]
	require.ElementsMatch(r, []string{"stop-agent", "stop-agent", "stop-web", "stop-other"}, order)
	require.Less(r, slices.Index(order, "stop-agent"), slices.Index(order, "stop-web"))

	require.Contains(r, r.starter("applied", "show", "--before"), "agent:")
	require.NotContains(r, r.starter("applied", "show"), "agent:")
	require.Regexp(r, `(?m)^\+ +AGENT +starts$`, r.starter("applied", "restore", "--dry-run"))
	require.Empty(r, r.pids("agent"))
	r.starter("applied", "restore", "--wait", "--timeout", patience.String())
	r.eventually(func() bool { return len(r.copies("agent")) == 2 && len(r.copies("web")) == 1 }, "all is back")
	require.Contains(r, r.starter("applied", "show"), "agent:")
}

// downAndUp: everything stops in the order of the edges, and a one-shot runs again.
func (r *rig) downAndUp() {
	r.Helper()
	begin, migrated := len(r.lines("journal")), r.count("start-migrate")
	r.starter("down", "--timeout", patience.String())
	require.Empty(r, r.processes())
	order := r.lines("journal")[begin:]
	require.ElementsMatch(r, []string{"stop-agent", "stop-agent", "stop-web", "stop-api", "stop-database", "stop-other"}, order)
	for i, next := range []string{"stop-web", "stop-api", "stop-database"} {
		require.Less(r, slices.Index(order, []string{"stop-agent", "stop-web", "stop-api"}[i]), slices.Index(order, next))
	}
	r.up(filepath.Join(r.dir, "daemons.yaml"))
	require.Equal(r, migrated+1, r.count("start-migrate"), "once each time the fleet comes up")
}

// requireOrder demands that these lines of the journal come one after the other.
func (r *rig) requireOrder(lines ...string) {
	r.Helper()
	last := -1
	for _, line := range lines {
		at := slices.Index(r.lines("journal"), line)
		require.Greater(r, at, last, "%s in %v", line, r.lines("journal"))
		last = at
	}
}

func (r *rig) count(line string) (count int) {
	for _, one := range r.lines("journal") {
		if one == line {
			count++
		}
	}
	return count
}

// mains are the main processes of all daemons.
func (r *rig) mains() map[string][]int { return copiesOf(r.processes()) }

// TestAdoptedRow runs a command in place of a planned row: under its type, with its edges and on its nodes.
func TestAdoptedRow(t *testing.T) {
	r := setup(t, 1)
	path := r.write("daemons.yaml", `version: 1
daemons:
  node-sync:
    command: [sleep, 100000]
    adopts: S3_NODE_SYNC
    env: {TOKEN, RIG_DAEMON: node-sync}
  greeter:
    command: [sleep, 100000]
    depends_on: [HEALTH_SERVER, DAEMON_WATCHDOG]
    env: {TOKEN, RIG_DAEMON: greeter}
`)
	require.Regexp(t, `(?m)^\+ +EVENT_ROUTER +starts$`, r.up(path), "what the row depends on comes with it")
	require.Len(t, r.pids("node-sync"), 1)
	info := r.info("S3_NODE_SYNC")
	require.Equal(t, spec.KindGroup, info.Kind, "on every node, as the row says")
	require.Equal(t, spec.PhaseRunning, info.Phase)
	router := r.awaitPhase("EVENT_ROUTER", spec.PhaseRunning)
	require.False(t, r.info("S3_NODE_SYNC@node-1").Since.Before(router.Since), "after what it depends on")
	require.Contains(t, r.starter("status"), "S3_NODE_SYNC")
	r.requireWatched("greeter", "s3-node-sync")
	_, err := r.try("stop", "EVENT_ROUTER")
	require.ErrorContains(t, err, "S3_NODE_SYNC", "the edge holds")
	r.starter("down", "--timeout", patience.String())
	require.Empty(t, r.processes())
}

// requireWatched: the built-in monitors know the daemons of a file as they know their own.
func (r *rig) requireWatched(names ...string) {
	r.Helper()
	for _, name := range append(names, "health-server", "daemon-watchdog") {
		require.EventuallyWithT(r, func(try *assert.CollectT) {
			response, err := http.Get("http://" + r.address(1) + "/health/" + name)
			require.NoError(try, err)
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			require.NoError(try, err)
			require.Equal(try, http.StatusOK, response.StatusCode, "%s", text)
			require.Contains(try, string(text), `"health": "ok"`)
		}, patience, poll)
	}
}
