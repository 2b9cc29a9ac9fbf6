//go:build acceptance

package cluster

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// heartbeats are what the ledger keeps of those who report again and again that they are there, though nothing happens:
// CLUSTER_MONITOR of nodes and how well they are, MODEL_DISTRIBUTION of files that a node lists, QUEUE_MONITOR and WORK_QUEUE_MONITOR of how long
// queues are. By table, the columns that tell of it; none: the whole table.
func heartbeats() map[string][]string {
	return map[string][]string{
		"nodes": {"last_seen", "capacity", "health", "health_reason", "health_at"}, "holders": {"last_seen", "verified_at"}, "queue_samples": {},
	}
}

// moment is what an installation was at a moment, by kind of thing: what each of them was.
type moment struct {
	at    time.Time
	parts map[string]map[string]string
}

func (r *rig) moment() moment {
	r.Helper()
	return moment{time.Now(), map[string]map[string]string{"histories": r.histories(), "rows of the ledger": r.rows(), "files": r.files()}}
}

// changes are the things that are others at two moments, the first of them.
func changes(before, after map[string]string) (changed []string) {
	for name, now := range after {
		if was, known := before[name]; !known || was != now {
			changed = append(changed, fmt.Sprintf("%s: %q, now %q", name, was, now))
		}
	}
	for name, was := range before {
		if _, there := after[name]; !there {
			changed = append(changed, fmt.Sprintf("%s: %q, now gone", name, was))
		}
	}
	slices.Sort(changed)
	return changed[:min(len(changed), 20)]
}

// histories are the lengths of those of all running workflows, and how many workflows there ever were.
func (r *rig) histories() map[string]string {
	r.Helper()
	address := ""
	for _, variable := range r.environ {
		if value, found := strings.CutPrefix(variable, "TEMPORAL_ADDRESS="); found {
			address = value // the last one counts, as for the starter
		}
	}
	temporal, err := client.Dial(client.Options{HostPort: address})
	require.NoError(r, err)
	defer temporal.Close()
	all, err := temporal.CountWorkflow(r.Context(), &workflowservice.CountWorkflowExecutionsRequest{})
	require.NoError(r, err)
	lengths := map[string]string{"workflows": fmt.Sprint(all.GetCount())}
	for id, events := range testkit.HistoryLengths(r.Context(), r, temporal) {
		lengths[id] = fmt.Sprint(events)
	}
	return lengths
}

// rows are those of all tables of the ledger, without heartbeats.
func (r *rig) rows() map[string]string {
	r.Helper()
	found := map[string]string{}
	for _, table := range r.ledger("SELECT name FROM sqlite_master WHERE type = 'table'") {
		hidden, beats := heartbeats()[table]
		if beats && len(hidden) == 0 {
			continue
		}
		var columns []string
		for _, column := range r.ledger("SELECT name FROM pragma_table_info(?) ORDER BY cid", table) {
			if !slices.Contains(hidden, column) {
				columns = append(columns, "quote("+column+")")
			}
		}
		for _, row := range r.ledger("SELECT " + strings.Join(columns, " || ' ' || ") + " FROM " + table) {
			found[table+" "+row] = "there"
		}
	}
	return found
}

// files are those of games, trainings and models on all nodes, without the memory that readers of a database share: it
// holds their locks.
func (r *rig) files() map[string]string {
	r.Helper()
	found := map[string]string{}
	for _, node := range r.nodes {
		for _, folder := range []string{"games", "training", "models"} {
			err := filepath.WalkDir(filepath.Join(node.dir, folder), func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || strings.HasSuffix(path, "-shm") {
					return err
				}
				info, err := entry.Info()
				if err != nil {
					return err
				}
				stat := info.Sys().(*syscall.Stat_t)
				found[path] = fmt.Sprintf("%d bytes, inode %d, written %s", info.Size(), stat.Ino, info.ModTime().Format(time.RFC3339Nano))
				return nil
			})
			require.NoError(r, err, "files of %s", node.name)
		}
	}
	require.NotEmpty(r, found)
	return found
}

// ofTheMachine are the events that tell how the machine does, whose load by others is not this test's.
func ofTheMachine() []bus.Name {
	return []bus.Name{"DAEMON_WATCHDOG_ALERT", "IDLE_RESOURCE_DETECTED", "NODE_UNHEALTHY", "NODE_RECOVERED", "HOST_OFFLINE", "HOST_ONLINE"}
}

// eventsSince are what was told since a moment, but for how the machine does.
func (r *rig) eventsSince(at time.Time) (told []string) {
	r.Helper()
	listen := ""
	for _, variable := range r.environ {
		if value, found := strings.CutPrefix(variable, "BUS_LISTEN="); found {
			listen = value
		}
	}
	following := bustest.Connect(r, "nats://"+listen)
	err := following.Follow(r.Context(), bus.FollowOptions{Since: at, Stop: true}, func(event bus.Event) error {
		if slices.Contains(ofTheMachine(), event.Name) {
			return nil
		}
		told = append(told, fmt.Sprintf("%s of %s: %s", event.Name, event.Source, event.Payload))
		return nil
	})
	require.NoError(r, err)
	return told
}
