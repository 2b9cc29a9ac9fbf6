package pipeline

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// JobOptions are what a stage's job needs beside its command.
type JobOptions struct {
	Params      any // of the command
	Inputs      []jobs.Input
	PlanVersion string // of the settings it was made from
	// SeedFrom is a text from which the seed follows, so that the same work is done the same way.
	SeedFrom    string
	RunLimit    time.Duration // 0: the command's usual one
	SilentLimit time.Duration // 0: the command's usual one
}

// Job is the job that runs a command of a workload, with the priority and the limits of its kind.
func Job(w *workload.Workload, command workload.Command, options JobOptions) (ledger.JobSpec, error) {
	params, err := json.Marshal(options.Params)
	if err != nil {
		return ledger.JobSpec{}, fmt.Errorf("encode the params of %s: %w", command, err)
	}
	request, err := json.Marshal(jobs.Request{
		Workload: w.Manifest.Name, Command: command, Seed: seed(options.SeedFrom), Inputs: options.Inputs,
		Params: params, PlanVersion: options.PlanVersion,
	})
	if err != nil {
		return ledger.JobSpec{}, fmt.Errorf("encode the request of %s: %w", command, err)
	}
	kind := kindOf(command)
	if options.RunLimit == 0 {
		options.RunLimit = kind.runLimit
	}
	if options.SilentLimit == 0 {
		options.SilentLimit = kind.silentLimit
	}
	needs := w.Manifest.Needs(command)
	return ledger.JobSpec{
		Kind: string(command), Class: kind.class, Priority: kind.priority, Request: request,
		Resources: ledger.Resources{
			CPU: float64(needs.CPU), MemMB: int64(needs.MemMB), GPU: int64(needs.GPU), VRAMMB: int64(needs.VRAMMB), DiskMB: int64(needs.DiskMB),
		},
		MaxAttempts: kind.attempts, RunLimitSeconds: int64(options.RunLimit.Seconds()), SilentLimitSeconds: int64(options.SilentLimit.Seconds()),
	}, nil
}

// Input makes what one stage has left an input of another one's job.
func Input(name string, output jobs.Output) jobs.Input {
	return jobs.Input{Name: name, Role: output.Role, Place: output.Place, SHA256: output.SHA256, Bytes: output.Bytes}
}

// RequestOf reads what a job that carries out an order was asked for.
func RequestOf(job ledger.Job) (request jobs.Request, err error) {
	if err := json.Unmarshal(job.Request, &request); err != nil {
		return request, fmt.Errorf("read the request of job %s: %w", job.ID, err)
	}
	return request, nil
}

// MetricsOf reads the metrics of a report as T.
func MetricsOf[T any](report jobs.Report) (metrics T, err error) {
	if err := json.Unmarshal(report.Metrics, &metrics); err != nil {
		return metrics, Fault("bad_result", "the metrics of job %s cannot be read: %v", report.JobID, err)
	}
	return metrics, nil
}

// kind is how the jobs of a command are ranked and bounded, after specs/03 C.
type kind struct {
	class                 ledger.Class
	priority, attempts    int64
	runLimit, silentLimit time.Duration
}

func kindOf(command workload.Command) kind {
	switch command {
	case workload.Train:
		return kind{ledger.Normal, 100, 3, 24 * time.Hour, 5 * time.Minute}
	case workload.Evaluate:
		return kind{ledger.Critical, 85, 3, 4 * time.Hour, 2 * time.Minute}
	case workload.Match:
		return kind{ledger.High, 80, 2, 4 * time.Hour, 2 * time.Minute}
	case workload.Export, workload.Combine, workload.Merge, workload.Init:
		return kind{ledger.High, 70, 2, time.Hour, time.Minute}
	case workload.Validate, workload.Inspect, workload.Loss:
		return kind{ledger.Normal, 60, 2, 30 * time.Minute, time.Minute}
	}
	return kind{ledger.Low, 40, 1, time.Hour, 2 * time.Minute}
}

// seed is a number of the contract's range that follows from a text.
func seed(text string) int64 {
	sum := sha256.Sum256([]byte(text))
	return int64(binary.BigEndian.Uint64(sum[:]) & workload.MaxSeed)
}

// OutputOf returns the only output of a report with a role.
func OutputOf(report jobs.Report, role workload.Role) (jobs.Output, error) {
	var found []jobs.Output
	for _, output := range report.Outputs {
		if output.Role == role {
			found = append(found, output)
		}
	}
	if len(found) != 1 {
		return jobs.Output{}, Fault("bad_result", "job %s has left %d files with the role %s, not one", report.JobID, len(found), role)
	}
	return found[0], nil
}

// idDigits of the hash of its file name a model or a dataset.
const idDigits = 16

// FileID names a model or a dataset by the content of its file.
func FileID(output jobs.Output) string { return output.SHA256.String()[:idDigits] }
