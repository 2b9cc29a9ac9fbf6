package workload

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"time"
)

// MaxSeed bounds seeds so that every language's JSON reader keeps them exact.
const MaxSeed = 1<<53 - 1

// MaxInputs bounds the inputs of one request.
const MaxInputs = 10_000

// Request is the file that a command is started with.
type Request struct {
	Contract int     `json:"contract"`
	JobID    string  `json:"job_id"`
	Attempt  int     `json:"attempt"` // from 1
	Command  Command `json:"command"`
	// ConfigKey names one of the manifest's configurations.
	ConfigKey string `json:"config_key"`
	// Seed, 0 to MaxSeed, decides everything that is random.
	Seed int64 `json:"seed"`
	// IssuedAt is when the job was created, the same for each of its attempts. It is the only time that may
	// enter an output.
	IssuedAt time.Time `json:"issued_at"`
	// Deadline is when the command is told to end; zero is never.
	Deadline time.Time `json:"deadline,omitzero"`
	Limits   Limits    `json:"limits"`
	// Inputs are files to read. Params name them by Input.Name.
	Inputs []Input `json:"inputs"`
	// OutputDir is the folder, below the attempt's, where outputs and checkpoints go.
	OutputDir string `json:"output_dir"`
	// ResumeFrom is a checkpoint of an earlier attempt.
	ResumeFrom *ResumePoint `json:"resume_from,omitempty"`
	// PlanVersion names the plan that asked for the work; the workload passes it on unread.
	PlanVersion string `json:"plan_version,omitempty"`
	// Params are those of the command: SelfplayParams and its kin.
	Params json.RawMessage `json:"params"`
}

// Limits is what the command may use.
type Limits struct {
	CPU   int `json:"cpu"`              // threads
	MemMB int `json:"mem_mb,omitempty"` // 0: no limit
	GPU   int `json:"gpu,omitempty"`
}

// Input is a file to read.
type Input struct {
	// Name is unique in the request; params use it.
	Name   string `json:"name"`
	Role   Role   `json:"role"`
	Path   string `json:"path"` // absolute
	SHA256 string `json:"sha256"`
}

// ResumePoint is a checkpoint of an earlier attempt.
type ResumePoint struct {
	Path   string `json:"path"` // absolute
	SHA256 string `json:"sha256"`
	Step   int64  `json:"step"`
}

// Input returns the input that params refer to by name.
func (r *Request) Input(name string) (Input, error) {
	for _, input := range r.Inputs {
		if input.Name == name {
			return input, nil
		}
	}
	return Input{}, fmt.Errorf("params name the input %q, which the request does not have", name)
}

// ParseRequest reads a request and names everything that is wrong with its head.
func ParseRequest(document []byte) (*Request, error) {
	var request Request
	if err := DecodeStrict(document, &request); err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	if err := request.Check(); err != nil {
		return nil, err
	}
	return &request, nil
}

var (
	jobName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	inputName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	hashText  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Check names everything that is wrong with the head of the request.
func (r *Request) Check() error {
	p := &Problems{Document: "the request"}
	p.require(r.Contract == Contract, "contract", r.Contract, "use %d", Contract)
	p.require(jobName.MatchString(r.JobID), "job_id", r.JobID, "use letters, digits, dot, dash, underscore; at most 128")
	p.require(r.Attempt >= 1, "attempt", r.Attempt, "count from 1")
	p.require(r.Command.Known() && r.Command != Describe, "command", r.Command, "use a command of the contract that takes a request")
	p.require(r.ConfigKey != "", "config_key", r.ConfigKey, "name a configuration of the manifest")
	p.require(r.Seed >= 0 && r.Seed <= MaxSeed, "seed", r.Seed, "use 0 to %d", int64(MaxSeed))
	p.require(!r.IssuedAt.IsZero(), "issued_at", r.IssuedAt, "give the time when the job was created")
	p.require(r.Limits.CPU >= 1, "limits.cpu", r.Limits.CPU, "use at least 1")
	p.require(r.Limits.MemMB >= 0, "limits.mem_mb", r.Limits.MemMB, "use 0 (no limit) or more")
	p.require(r.Limits.GPU >= 0, "limits.gpu", r.Limits.GPU, "use 0 or more")
	p.require(filepath.IsAbs(r.OutputDir), "output_dir", r.OutputDir, "use an absolute path")
	p.require(len(r.Params) > 0 && r.Params[0] == '{', "params", string(r.Params), "give an object, {} if all is default")
	r.checkInputs(p)
	return p.err()
}

func (r *Request) checkInputs(p *Problems) {
	p.require(len(r.Inputs) <= MaxInputs, "inputs", len(r.Inputs), "give at most %d", MaxInputs)
	seen := map[string]bool{}
	for i, input := range r.Inputs {
		field := fmt.Sprintf("inputs[%d].", i)
		p.require(inputName.MatchString(input.Name), field+"name", input.Name, "use a-z, 0-9, dot, dash, underscore; at most 64")
		p.require(!seen[input.Name], field+"name", input.Name, "use each name once")
		seen[input.Name] = true
		checkFile(p, field, input.Path, input.SHA256)
	}
	if r.ResumeFrom != nil {
		checkFile(p, "resume_from.", r.ResumeFrom.Path, r.ResumeFrom.SHA256)
	}
}

func checkFile(p *Problems, field, path, hash string) {
	p.require(filepath.IsAbs(path), field+"path", path, "use an absolute path")
	p.require(hashText.MatchString(hash), field+"sha256", hash, "use 64 lower-case hexadecimal digits")
}
