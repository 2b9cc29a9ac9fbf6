package jobs

import (
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Request is what a queued job asks for; it is the ledger's JobSpec.Request.
type Request struct {
	// Workload is the name in its manifest; empty is the only one that the node has.
	Workload string           `json:"workload,omitempty"`
	Command  workload.Command `json:"command"`
	Seed     int64            `json:"seed"`
	Inputs   []Input          `json:"inputs,omitempty"`
	Params   json.RawMessage  `json:"params,omitempty"`
	// PlanVersion is passed on to the workload unread.
	PlanVersion string `json:"plan_version,omitempty"`
	// Threads bounds the command's threads below the job's CPUs, after it ran out of memory; 0: no bound.
	Threads int `json:"threads,omitempty"`
	// Parts are what earlier attempts handed over at a deadline; this request is for the remainder. Its games
	// have ids and seeds of their own.
	Parts []Output `json:"parts,omitempty"`
	// Trial makes it a job that is run only to see how it ends; nil: it is none.
	Trial *Trial `json:"trial,omitempty"`
}

// Trial is a job of which nothing is kept.
type Trial struct {
	// Blame is the input that is proved bad if the command fails with it; nil: none.
	Blame *Blame `json:"blame,omitempty"`
}

// Blame is what there is against an input.
type Blame struct {
	Input  string `json:"input"` // its name
	Class  string `json:"class"` // of the failure that proves it
	Reason string `json:"reason"`
}

// Input is an item of the cluster that a job reads, known by its content.
type Input struct {
	Name string        `json:"name"` // as params call it
	Role workload.Role `json:"role"` // as the workload sees it
	// Place is where a node that does not have it puts it.
	Place  data.Place `json:"place"`
	SHA256 data.Sum   `json:"sha256"`
	Bytes  int64      `json:"bytes"`
}

// requestOf reads what a started job asks for; one that cannot be read is refused at its start.
func requestOf(job ledger.Job) (request Request, err error) {
	if err := json.Unmarshal(job.Request, &request); err != nil {
		return request, fmt.Errorf("the request of job %s: %w", job.ID, err)
	}
	return request, nil
}
