package bus

import (
	"fmt"
	"slices"
	"strings"
)

// Party is one end of an event's wire: a daemon type, or one of the parties below.
type Party string

const (
	// Host is the machinery around every daemon.
	Host Party = "host"
	// Operator is a person or a script outside the orchestrator.
	Operator Party = "operator"
	// Observers are the people and tools that follow the log: `starter events`, GET /events, alerting.
	Observers Party = "observers"
)

// Entry is one event of the catalogue.
type Entry struct {
	Name      Name
	About     string
	Producers []Party
	Consumers []Party
	parse     func(raw []byte) (Payload, error)
}

// Catalogue lists every event there is, in the order of the story they tell.
func Catalogue() []Entry {
	lifecycle, observers := []Party{Host}, []Party{Observers}
	return slices.Concat([]Entry{
		entry[DaemonStarted]("a daemon is running and ready", lifecycle, observers),
		entry[DaemonStopped]("a daemon has ended because it should", lifecycle, observers),
		entry[DaemonStatusChanged]("a daemon went to another phase", lifecycle, observers),
		entry[DaemonPermanentlyFailed]("a daemon waits for an operator", lifecycle, observers),
		entry[DaemonCommandRefused]("a daemon turned down a command", lifecycle, observers),
		entry[DaemonWatchdogAlert]("the watchdog found something to look at", []Party{"DAEMON_WATCHDOG"}, observers),
		entry[HandlerFailed]("a subscriber could not handle an event", []Party{Host}, observers),
		entry[HandlerTimeout]("a subscriber took too long with an event", []Party{Host}, observers),
		entry[DeadLettersStale]("many dead letters wait", []Party{"DLQ_RETRY"}, observers),
		entry[DeadLettersReplayed]("dead letters were handled after all", []Party{"DLQ_RETRY"}, observers),
		entry[DeadLettersPurged]("dead letters were given up or forgotten", []Party{"DLQ_RETRY"}, observers),
		entry[EventRejected]("a file in the event spool is malformed", []Party{"CROSS_PROCESS_POLLER"}, observers),
		entry[HostOnline]("a node has joined the others", []Party{"P2P_BACKEND"}, []Party{"CLUSTER_MONITOR", "AUTO_SYNC", Observers}),
		entry[HostOffline]("a node has left the others or does not answer them", []Party{"P2P_BACKEND"}, []Party{"CLUSTER_MONITOR", Observers}),
		entry[NodeUnhealthy]("a node was not found well several times in a row", []Party{"CLUSTER_MONITOR"}, []Party{"JOB_SCHEDULER", Observers}),
		entry[NodeRecovered]("a node is well again", []Party{"CLUSTER_MONITOR"}, []Party{"JOB_SCHEDULER", Observers}),
		entry[DiskSpaceLow]("a node has no room on its disk", []Party{"JOB_SCHEDULER"}, []Party{"JOB_SCHEDULER", Observers}),
		entry[ClusterStallDetected]("nodes have running jobs that do not move on", []Party{"CLUSTER_MONITOR"}, observers),
		entry[ClusterHealthDegraded]("too few nodes are well", []Party{"CLUSTER_MONITOR"}, observers),
		entry[OperatorNote]("somebody put a text on record", []Party{Operator}, observers),
	}, workEntries(), queueEntries(), idleEntries(), dataEntries(), pipelineEntries(), datasetEntries(),
		trainingEntries(), evaluationEntries(), promotionEntries(), tournamentEntries(), feedbackEntries(), proposalEntries(),
		metricEntries(), qualityEntries(), distillationEntries())
}

// UnknownEvent is the error for a name that is not in the catalogue.
type UnknownEvent struct {
	Name, Nearest Name
}

func (u *UnknownEvent) Error() string {
	return fmt.Sprintf("event type %.64q is unknown: did you mean %s?", string(u.Name), u.Nearest)
}

// Lookup finds an event by name. Its error is an *UnknownEvent and suggests the nearest name.
func Lookup(name Name) (Entry, error) {
	entries := Catalogue()
	for _, entry := range entries {
		if entry.Name == name {
			return entry, nil
		}
	}
	return Entry{}, &UnknownEvent{Name: name, Nearest: nearest(name, entries)}
}

func entry[T Payload](about string, producers, consumers []Party) Entry {
	var zero T
	parse := func(raw []byte) (Payload, error) { return parsePayload[T](raw) }
	return Entry{Name: zero.EventName(), About: about, Producers: producers, Consumers: consumers, parse: parse}
}

// nearest is the catalogue's name with the smallest edit distance.
func nearest(name Name, entries []Entry) Name {
	const enough = 64 // longer names are compared by their beginning
	typed := strings.ToUpper(string(name[:min(len(name), enough)]))
	best, bestDistance := Name(""), int(^uint(0)>>1)
	for _, entry := range entries {
		if d := distance(typed, string(entry.Name)); d < bestDistance {
			best, bestDistance = entry.Name, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two short strings, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
