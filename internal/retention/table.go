package retention

import (
	"time"

	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/jobs"
)

// Root is the folder that a row's paths are below.
type Root string

// The roots.
const (
	RootData    Root = "DATA_DIR"
	RootCluster Root = "CLUSTER_DIR"
	RootNone    Root = "" // inside another row's files, or outside of both folders
)

// Row is one kind of thing that an installation keeps.
type Row struct {
	What string `json:"what"`
	// Root and Paths say what is measured: folders and files, as patterns of filepath.Match.
	Root  Root     `json:"root,omitempty"`
	Paths []string `json:"paths,omitempty"`
	// Inside says where it is, for what has no files of its own.
	Inside string `json:"inside,omitempty"`
	// Age, Bytes and Count bound what is kept; 0 is no bound of that kind. PerUnit says of what the last two are.
	Age     time.Duration `json:"age_ns,omitempty"`
	Bytes   int64         `json:"max_bytes,omitempty"`
	Count   int64         `json:"max_count,omitempty"`
	PerUnit string        `json:"per,omitempty"`
	// By is who enforces the bounds, and how.
	By string `json:"enforced_by"`
}

const (
	day = 24 * time.Hour
	kib = int64(1) << 10
	mib = kib << 10
	gib = mib << 10
)

// JobAge is how long a finished job stays in the ledger, DepthAge how long a sample of a queue's depth does, and
// QuarantineAge how long a corrupt file stays for people to look at.
const (
	JobAge        = 7 * day
	DepthAge      = 7 * day
	QuarantineAge = 30 * day
)

// A decision stays in the ledger for DecisionAge, the newest DecisionCount of each kind and configuration longer, and as long
// as a model that it names exists. All ratings stay for RatingAge, the last ones of a day for RatingDailyAge, and the newest
// RatingCount of each configuration and harness longer.
const (
	DecisionAge    = 90 * day
	DecisionCount  = 1000
	RatingAge      = 30 * day
	RatingDailyAge = 365 * day
	RatingCount    = 100
)

// nobody is the enforcer of what only grows until a person acts.
const nobody = "nobody until DISK_SPACE_MANAGER is written: look at `starter retention`"

// Table returns all rows, those of the event bus first.
func Table() []Row {
	return append(busRows(), append(fileRows(), recordRows()...)...)
}

func busRows() []Row {
	stream := func(what, name string, age time.Duration, bytes int64, by string) Row {
		return Row{What: what, Root: RootCluster, Paths: []string{"bus/jetstream/*/streams/" + name}, Age: age, Bytes: bytes, By: by}
	}
	const oldest = "the bus drops the oldest"
	const refuses = "the bus refuses more"
	return []Row{
		stream("events", "EVENTS", 7*day, gib, oldest),
		{What: "places of readers that do not come back", Inside: "the event log", Age: 7 * day, By: oldest},
		stream("dead letters", "KV_dead_letters", 30*day, 64*mib, oldest+" by age and "+refuses+" by size"),
		stream("checkpoints of daemons", "KV_checkpoints", 0, 256*mib, refuses),
		stream("last reports of nodes", "KV_reports", 7*day, 256*mib, oldest+" by age and "+refuses+" by size"),
		stream("what nodes agree on", "KV_agreed", 0, 64*mib, refuses),
		stream("epochs of daemons", "KV_epochs", 0, 256*mib, refuses),
		{What: "all of the event bus", Root: RootCluster, Paths: []string{"bus"}, Bytes: 4 * gib, By: refuses},
	}
}

func fileRows() []Row {
	files := func(what string, paths ...string) Row { return Row{What: what, Root: RootData, Paths: paths} }
	bounded := func(row Row, age time.Duration, bytes, count int64, per, by string) Row {
		row.Age, row.Bytes, row.Count, row.PerUnit, row.By = age, bytes, count, per, by
		return row
	}
	return []Row{
		bounded(files("events on their way to the bus", "events/outbox"), 0, 64*mib, 100_000, "events", "the outbox refuses more; its owner waits"),
		bounded(files("rejected spool files", "events/rejected"), 0, 0, 1000, "files", "CROSS_PROCESS_POLLER removes the oldest"),
		bounded(files("logs of daemons", "logs/[A-Z]*.log", "logs/[A-Z]*.log.1"), 0, 20*mib, 0, "each daemon", "the worker rotates at 10 MiB and keeps one older file"),
		bounded(files("output of programs", "logs/output"), 0, 10*mib, 0, "each command daemon, unless its file says more", "the shim of the program"),
		{What: "logs and output of a daemon that is in the plan no more", Inside: "the two rows above", Age: daemonlog.KeepFor,
			By: "its node's worker, each hour, after the last line; nothing goes while the plan is not known"},
		bounded(files("logs of processes", "logs/[a-z]*.log", "logs/[a-z]*.log.1"), 0, 0, 2, "files each process",
			"`make up` sets a log over 16 MiB aside when it starts the process; while that runs nobody does"),
		bounded(files("folders of attempts", "jobs"), jobs.KeepFor, 0, jobs.KeepLogs, "jobs", "the node's executor, each minute in which an attempt ends"),
		bounded(files("checkpoints of jobs", "checkpoints"), jobs.KeepFor, 0, 0, "", "the node's executor, for jobs that stored none since"),
		bounded(files("quarantined files", "quarantine"), QuarantineAge, 0, 0, "", "DATA_SERVER"),
		bounded(files("games", "games"), 0, 0, 0, "", nobody),
		bounded(files("samples", "training"), 0, 0, 0, "", nobody),
		bounded(files("models", "models"), 0, 0, 0, "", nobody),
	}
}

func recordRows() []Row {
	return []Row{
		{What: "Temporal's development database", Root: RootData, Paths: []string{"temporal"}, Age: day, By: "Temporal, for workflows that have closed (the namespace's retention)"},
		{What: "the ledger", Root: RootCluster, Paths: []string{"ledger.db", "ledger.db-wal"}, By: "nobody: what it knows of models, iterations, games and matches is kept for good"},
		{What: "finished jobs", Inside: "the ledger", Age: JobAge, By: "JOB_SCHEDULER, each hour; those that an unfinished job depends on stay"},
		{What: "decisions", Inside: "the ledger", Age: DecisionAge, Count: DecisionCount, PerUnit: "each kind and configuration",
			By: "JOB_SCHEDULER, each hour, those that are past both; none that names a model of which a copy may exist, none by which a pointer came to one, no quarantine of a model"},
		{What: "ratings", Inside: "the ledger", Age: RatingAge, Count: RatingCount, PerUnit: "each configuration and harness",
			By: "JOB_SCHEDULER, each hour, those that are past both; the last of each day stays for 365 days"},
		{What: "samples and levels of queues", Inside: "the ledger", Age: DepthAge, By: "QUEUE_MONITOR"},
		{What: "backups", Inside: "where you put them", By: "you: no command deletes one"},
	}
}
