package bus

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Config names a configuration of the workload; board and players follow from its key.
type Config struct {
	ConfigKey  string `json:"config_key,omitempty"` // <board>_<players>p; empty for work of no config
	BoardType  string `json:"board_type,omitempty"`
	NumPlayers int    `json:"num_players,omitempty"`
}

// ConfigOf fills in what a config key tells.
func ConfigOf(key string) Config {
	board, players, _ := strings.Cut(key, "_")
	number, err := strconv.Atoi(strings.TrimSuffix(players, "p"))
	if err != nil {
		return Config{ConfigKey: key} // it tells nothing
	}
	return Config{ConfigKey: key, BoardType: board, NumPlayers: number}
}

// Work is the common content of the events that tell of a job.
type Work struct {
	Config
	JobID    string `json:"job_id"`
	Kind     string `json:"kind"`
	Priority int64  `json:"priority,omitempty"`
	NodeID   string `json:"node_id,omitempty"` // that has it, or had it
	Attempt  int64  `json:"attempt,omitempty"` // 0: not started
	// Token counts the grants of the job; with the job's id it names what the event is about.
	Token int64 `json:"token,omitempty"`
}

// Validate implements Payload.
func (w Work) Validate() error {
	return errors.Join(required("job_id", w.JobID), required("kind", w.Kind))
}

// FactKey implements Fact: one grant of a job is queued, started or ended once, wherever that is told from.
func (w Work) FactKey() string { return fmt.Sprintf("%s %d", w.JobID, w.Token) }

// WorkQueued says that a job is in the queue.
type WorkQueued struct{ Work }

// EventName implements Payload.
func (WorkQueued) EventName() Name { return "WORK_QUEUED" }

// WorkClaimed says that a job was given to a node.
type WorkClaimed struct{ Work }

// EventName implements Payload.
func (WorkClaimed) EventName() Name { return "WORK_CLAIMED" }

// WorkStarted says that an attempt begins.
type WorkStarted struct{ Work }

// EventName implements Payload.
func (WorkStarted) EventName() Name { return "WORK_STARTED" }

// WorkCompleted says that a job is done and its result is in the ledger.
type WorkCompleted struct {
	Work
	DurationSeconds float64 `json:"duration_seconds"` // of the last attempt
}

// EventName implements Payload.
func (WorkCompleted) EventName() Name { return "WORK_COMPLETED" }

// WorkFault is the common content of the events that tell of work that went wrong.
type WorkFault struct {
	Work
	Error           string  `json:"error"`
	ErrorClass      string  `json:"error_class"`
	Permanent       bool    `json:"permanent,omitempty"`  // it will not be tried again
	NodeFault       bool    `json:"node_fault,omitempty"` // the node needs attention: its disk is full, for example
	DurationSeconds float64 `json:"duration_seconds"`
}

// Validate implements Payload.
func (f WorkFault) Validate() error {
	return errors.Join(f.Work.Validate(), required("error_class", f.ErrorClass))
}

// WorkFailed says that a job has failed for good.
type WorkFailed struct{ WorkFault }

// EventName implements Payload.
func (WorkFailed) EventName() Name { return "WORK_FAILED" }

// WorkRetry says that an attempt went wrong and the job is back in the queue.
type WorkRetry struct{ WorkFault }

// EventName implements Payload.
func (WorkRetry) EventName() Name { return "WORK_RETRY" }

// WorkTimeout says that the lease of a job has lapsed: its node is gone, or does not answer.
type WorkTimeout struct{ WorkFault }

// EventName implements Payload.
func (WorkTimeout) EventName() Name { return "WORK_TIMEOUT" }

// WorkCancelled says that a job was ended because somebody wanted that.
type WorkCancelled struct {
	Work
	Reason string `json:"reason,omitempty"`
}

// EventName implements Payload.
func (WorkCancelled) EventName() Name { return "WORK_CANCELLED" }

// JobPreempted says that a running job made room and is back in the queue.
type JobPreempted struct {
	Work
	Reason         string  `json:"reason,omitempty"` // names the job that needed the place
	RuntimeSeconds float64 `json:"runtime_seconds"`
}

// EventName implements Payload.
func (JobPreempted) EventName() Name { return "JOB_PREEMPTED" }

// JobMigrated says that a job goes on on another node than before.
type JobMigrated struct {
	Work
	From string `json:"from"`
	To   string `json:"to"`
}

// EventName implements Payload.
func (JobMigrated) EventName() Name { return "JOB_MIGRATED" }

// Validate implements Payload.
func (m JobMigrated) Validate() error {
	return errors.Join(m.Work.Validate(), required("from", m.From), required("to", m.To))
}

// SelfplayComplete says that the games of a self-play attempt are stored and counted.
type SelfplayComplete struct {
	Config
	BatchID         string  `json:"batch_id"`
	JobID           string  `json:"job_id"`
	NodeID          string  `json:"node_id"`
	ModelID         string  `json:"model_id,omitempty"` // empty: the built-in player
	Engine          string  `json:"engine,omitempty"`
	GamesCompleted  int     `json:"games_completed"`
	GamesFailed     int     `json:"games_failed"`
	Samples         int64   `json:"samples"`
	Path            string  `json:"path"` // below the node's data folder
	SHA256          string  `json:"sha256"`
	SearchBudget    int     `json:"search_budget,omitempty"`
	DurationSeconds float64 `json:"duration_seconds"`
}

// EventName implements Payload.
func (SelfplayComplete) EventName() Name { return "SELFPLAY_COMPLETE" }

// Validate implements Payload.
func (s SelfplayComplete) Validate() error {
	return errors.Join(
		required("config_key", s.ConfigKey), required("batch_id", s.BatchID), required("job_id", s.JobID),
		required("node_id", s.NodeID), required("path", s.Path), required("sha256", s.SHA256),
		notNegative("games_completed", s.GamesCompleted), notNegative("games_failed", s.GamesFailed),
	)
}

// FactKey implements Fact.
func (s SelfplayComplete) FactKey() string { return s.BatchID }

// NewGamesAvailable says that a node has games that the ledger did not know.
type NewGamesAvailable struct {
	Config
	Host       string `json:"host"`
	NewGames   int64  `json:"new_games"`
	TotalGames int64  `json:"total_games"` // of the config, in the ledger
	StorePath  string `json:"store_path"`  // below the node's data folder
	SHA256     string `json:"sha256"`
}

// EventName implements Payload.
func (NewGamesAvailable) EventName() Name { return "NEW_GAMES_AVAILABLE" }

// Validate implements Payload.
func (n NewGamesAvailable) Validate() error {
	return errors.Join(
		required("config_key", n.ConfigKey), required("host", n.Host), required("store_path", n.StorePath), required("sha256", n.SHA256),
	)
}

// FactKey implements Fact: a file on a node is new once.
func (n NewGamesAvailable) FactKey() string { return n.Host + " " + n.SHA256 }

// workEntries are the events about jobs. Their producer is the scheduler, whichever process speaks for it: the
// workflow of a job runs on any worker.
func workEntries() []Entry {
	scheduler, observers := []Party{"JOB_SCHEDULER"}, []Party{Observers}
	// Those who place jobs, fill the queue and watch it hear of what changes it.
	place, watch := []Party{"JOB_SCHEDULER", "WORK_QUEUE_MONITOR", Observers}, []Party{"WORK_QUEUE_MONITOR", Observers}
	all := append(stageOwners(), "DISTILLATION", "JOB_SCHEDULER", "QUEUE_POPULATOR", "TOURNAMENT_DAEMON", "WORK_QUEUE_MONITOR", Observers)
	return []Entry{
		entry[WorkQueued]("a job is in the queue", append(stageOwners(), "DISTILLATION", "QUEUE_POPULATOR", Operator), place),
		entry[WorkClaimed]("a job was given to a node", scheduler, watch),
		entry[WorkStarted]("an attempt of a job begins", scheduler, watch),
		entry[WorkCompleted]("a job is done", scheduler, all),
		entry[WorkFailed]("a job has failed for good", scheduler, all),
		entry[WorkRetry]("an attempt went wrong, the job is tried again", scheduler, place),
		entry[WorkTimeout]("the lease of a job has lapsed", scheduler, observers),
		entry[WorkCancelled]("a job was cancelled", []Party{"JOB_SCHEDULER", Operator}, place),
		entry[JobPreempted]("a job made room for another", scheduler, []Party{"JOB_SCHEDULER", Observers}),
		entry[JobMigrated]("a job goes on on another node", scheduler, observers),
		entry[SelfplayComplete]("games of a self-play job are stored and counted", scheduler, []Party{"AUTO_SYNC", "DATA_PIPELINE", Observers}),
		entry[NewGamesAvailable]("a node has games that are new", scheduler, []Party{"AUTO_SYNC", "DATA_PIPELINE", Observers}),
	}
}
