package bus

import (
	"fmt"
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
	return []Entry{
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
		entry[OperatorNote]("somebody put a text on record", []Party{Operator}, observers),
	}
}

// Lookup finds an event by name. Its error suggests the nearest name.
func Lookup(name Name) (Entry, error) {
	entries := Catalogue()
	for _, entry := range entries {
		if entry.Name == name {
			return entry, nil
		}
	}
	return Entry{}, fmt.Errorf("event type %.64q is unknown: did you mean %s?", string(name), nearest(name, entries))
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
