package run

import (
	"strconv"

	"github.com/ringrift/orchestrator/internal/workload"
)

// environment returns all variables that a command is given: those of the contract after the runner's own.
func (r *Runner) environment(job Job) []string {
	request := job.Attempt.Request
	deadline := ""
	if !request.Deadline.IsZero() {
		deadline = strconv.FormatInt(request.Deadline.Unix(), 10)
	}
	return append(append([]string{}, r.options.Environment...),
		"HOME="+job.Attempt.Temporary(),
		"TMPDIR="+job.Attempt.Temporary(),
		"LANG=C.UTF-8",
		workload.EnvironmentJobID+"="+request.JobID,
		workload.EnvironmentAttempt+"="+strconv.Itoa(request.Attempt),
		workload.EnvironmentDeadline+"="+deadline,
		workload.EnvironmentCPUs+"="+strconv.Itoa(request.Limits.CPU),
		workload.EnvironmentGPUs+"="+job.GPUs,
	)
}
