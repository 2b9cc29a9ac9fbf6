package jobs

import (
	"encoding/json"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Assignment is what a node is told to run: one attempt of one job.
type Assignment struct {
	JobID     string       `json:"job_id"`
	Attempt   int64        `json:"attempt"`
	Kind      string       `json:"kind"`
	ConfigKey string       `json:"config_key,omitempty"`
	Class     ledger.Class `json:"class,omitempty"`
	Request
	// IssuedAt is when the job was created, the same for each of its attempts.
	IssuedAt  time.Time        `json:"issued_at"`
	Resources ledger.Resources `json:"resources"`
	// Sources are the data servers (host:port) that hold each input, by hash.
	Sources map[string][]string `json:"sources,omitempty"`
	Resume  *Checkpoint         `json:"resume,omitempty"`
	// Earlier are checkpoints to go on from where Resume cannot be had, the best first.
	Earlier     []Checkpoint  `json:"earlier,omitempty"`
	RunLimit    time.Duration `json:"run_limit_ns,omitempty"`    // 0: none
	SilentLimit time.Duration `json:"silent_limit_ns,omitempty"` // 0: the runner's default
}

// checkpoints are those to go on from, the best first.
func (a Assignment) checkpoints() []Checkpoint {
	if a.Resume == nil {
		return nil
	}
	return append([]Checkpoint{*a.Resume}, a.Earlier...)
}

// Checkpoint is where a later attempt can go on; its JSON is the ledger's ResumeFrom.
type Checkpoint struct {
	Place  data.Place `json:"place"`
	SHA256 data.Sum   `json:"sha256"`
	Bytes  int64      `json:"bytes"`
	Step   int64      `json:"step"`
	Node   string     `json:"node"` // that has it
	// Part counts the parts of the job that were done before; a checkpoint is of no use for another part.
	Part int `json:"part,omitempty"`
}

// Output is a file that a job has left on its node, in the place of its role.
type Output struct {
	Role    workload.Role `json:"role"`
	Place   data.Place    `json:"place"`
	SHA256  data.Sum      `json:"sha256"`
	Bytes   int64         `json:"bytes"`
	Records *int64        `json:"records,omitempty"`
	// LogicalDigest is of the games in a games file, whatever their place in it.
	LogicalDigest string `json:"logical_digest,omitempty"`
}

// Corrupt is a copy of an input that was proved corrupt.
type Corrupt struct {
	Input  string     `json:"input"` // its name
	Place  data.Place `json:"place"` // where it was
	SHA256 data.Sum   `json:"sha256"`
	Reason string     `json:"reason"`
	// Genuine says that it had the bytes of the hash: no other copy is better.
	Genuine bool `json:"genuine,omitempty"`
}

// Report is what a node says of an attempt that it has brought to its end.
type Report struct {
	JobID   string `json:"job_id"`
	Attempt int64  `json:"attempt"`
	Node    string `json:"node"`
	// Decision is what follows from the ending, by the contract's table.
	Decision workload.Decision `json:"decision"`
	// WorkloadHash is the content of the workload's folder that ran.
	WorkloadHash string   `json:"workload_hash,omitempty"`
	Outputs      []Output `json:"outputs,omitempty"`
	// Games are the finished games in a games output, as read from the file; at most ledger.MaxGames.
	Games    []ledger.Game    `json:"games,omitempty"`
	Metrics  json.RawMessage  `json:"metrics,omitempty"`
	Counters map[string]int64 `json:"counters,omitempty"`
	// Curves are what the command has told step by step, by name, such as train_loss.
	Curves     map[string][]Point `json:"curves,omitempty"`
	Checkpoint *Checkpoint        `json:"checkpoint,omitempty"`
	// Flags are breaches of the contract that did not make the attempt fail.
	Flags []string `json:"flags,omitempty"`
	// Corrupt are copies of inputs that were proved corrupt on the node, and are no longer there.
	Corrupt []Corrupt `json:"corrupt,omitempty"`
	// Mismatched are inputs of which all sources have sent other bytes than were asked for.
	Mismatched []Input   `json:"mismatched,omitempty"`
	Exit       string    `json:"exit,omitempty"` // how the process ended, for people
	Started    time.Time `json:"started"`
	Ended      time.Time `json:"ended"`
}

// Progress is what a heartbeat of a running attempt carries, and what `jobs show` prints.
type Progress struct {
	Stage      string      `json:"stage"` // fetching, running or storing
	Done       float64     `json:"done"`
	Total      float64     `json:"total"` // 0: unknown
	Unit       string      `json:"unit,omitempty"`
	Rate       float64     `json:"rate,omitempty"`
	At         time.Time   `json:"at"` // when it last moved on
	Checkpoint *Checkpoint `json:"checkpoint,omitempty"`
}
