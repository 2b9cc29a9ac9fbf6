package pipelinetest

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	patience = 60 * time.Second
	lease    = time.Minute
)

// Do queues a job of a configuration, runs it on node-1 and returns what it reports. It must succeed.
func (r *Rig) Do(config string, command workload.Command, params any, inputs ...jobs.Input) jobs.Report {
	r.Helper()
	wanted, err := pipeline.Job(r.Mini, command, pipeline.JobOptions{Params: params, Inputs: inputs})
	require.NoError(r, err)
	wanted.ConfigKey, wanted.IdempotencyKey = config, fmt.Sprintf("test/%d", serial.Add(1))
	submitted, err := r.Session.SubmitJob(r.Context(), wanted)
	require.NoError(r, err)
	outcome := r.RunJob(submitted.Job, r.Node)
	require.Equal(r, string(ledger.Completed), outcome.Status, outcome.Message)
	return r.Report(submitted.Job.ID)
}

// serial tells the jobs of tests apart.
var serial atomic.Int64

// Play has games played, with the built-in player, and counted for self-play.
func (r *Rig) Play(config string, games int) jobs.Report {
	r.Helper()
	return r.Do(config, workload.Selfplay, workload.SelfplayParams{Games: games, SearchBudget: 4})
}

// Inspect returns what the workload says of a file, by other code than that which wrote it, with the ids of its games.
func (r *Rig) Inspect(config string, output jobs.Output) workload.InspectMetrics {
	r.Helper()
	params := workload.InspectParams{File: "file", ListIDs: output.Role != workload.RoleModel}
	if output.Role == workload.RoleGames {
		params.Verify = 1
	}
	return Metrics[workload.InspectMetrics](r, r.Do(config, workload.Inspect, params, pipeline.Input("file", output)))
}

// Metrics reads the metrics of a report.
func Metrics[T any](r *Rig, report jobs.Report) (metrics T) {
	r.Helper()
	require.NoError(r, json.Unmarshal(report.Metrics, &metrics))
	return metrics
}

// Report is what the ledger has of a completed job.
func (r *Rig) Report(id string) (report jobs.Report) {
	r.Helper()
	job, err := r.Ledger.Job(r.Context(), id)
	require.NoError(r, err)
	require.NoError(r, json.Unmarshal(job.Result, &report))
	return report
}

// Jobs are all jobs of a kind, the newest first.
func (r *Rig) Jobs(kind workload.Command) []ledger.Job {
	r.Helper()
	list, err := r.Ledger.Jobs(r.Context(), ledger.JobFilter{Kind: string(kind)}, ledger.Page{Limit: 1000})
	require.NoError(r, err)
	return list.Items
}

// RunJobs runs all jobs that are queued to their ends, whatever these are, and returns how many ran. A grant that is
// open when it begins is that of a process which was killed.
func (r *Rig) RunJobs() (count int) {
	r.Helper()
	leased, err := r.Ledger.Jobs(r.Context(), ledger.JobFilter{Statuses: []ledger.Status{ledger.Claimed, ledger.Running}}, ledger.Page{})
	require.NoError(r, err)
	for _, job := range leased.Items {
		r.Lose(job)
	}
	for {
		queued, err := r.Ledger.Jobs(r.Context(), ledger.JobFilter{Statuses: []ledger.Status{ledger.Pending}}, ledger.Page{})
		require.NoError(r, err)
		if len(queued.Items) == 0 {
			return count
		}
		for _, job := range queued.Items {
			r.RunJob(job, r.Node)
			count++
		}
	}
}

// RunJob grants a job to a node and runs it there once.
func (r *Rig) RunJob(job ledger.Job, on *Node) spec.JobOutcome {
	r.Helper()
	return r.RunForged(job, on, func(*jobs.Report) {})
}

// RunForged is RunJob on a node that says something else than what came of the job.
func (r *Rig) RunForged(job ledger.Job, on *Node, forge func(*jobs.Report)) spec.JobOutcome {
	r.Helper()
	grant := r.grant(job, on.Name)
	report, err := on.Run(r.Context(), r.assignment(grant), r.workflows.observe(grant))
	r.workflows.forget(job.ID)
	require.NoError(r, err)
	forge(&report)
	text, err := json.Marshal(report)
	require.NoError(r, err)
	return r.end(spec.JobEnd{Grant: grant, Report: text})
}

// Lose ends the grant of a job whose worker is gone.
func (r *Rig) Lose(job ledger.Job) spec.JobOutcome {
	r.Helper()
	grant := spec.JobGrant{JobID: job.ID, Token: job.Token, Node: job.Node, Kind: job.Kind, ConfigKey: job.ConfigKey}
	return r.end(spec.JobEnd{Grant: grant, Lost: "its worker was killed"})
}

// grant waits until a job may run, and gives it to a node.
func (r *Rig) grant(job ledger.Job, node string) spec.JobGrant {
	r.Helper()
	var claimed ledger.Job
	require.EventuallyWithT(r, func(c *assert.CollectT) {
		var err error
		claimed, err = r.Session.ClaimJob(r.Context(), job.ID, node, lease)
		require.NoError(c, err)
	}, patience, 20*time.Millisecond)
	return spec.JobGrant{JobID: job.ID, Token: claimed.Token, Node: node, Kind: job.Kind, ConfigKey: job.ConfigKey}
}

// assignment starts an attempt.
func (r *Rig) assignment(grant spec.JobGrant) (assignment jobs.Assignment) {
	r.Helper()
	start, err := r.recorder.Start(r.Context(), grant)
	require.NoError(r, err)
	require.Empty(r, start.Refused)
	require.NoError(r, json.Unmarshal(start.Assignment, &assignment))
	return assignment
}

func (r *Rig) end(end spec.JobEnd) spec.JobOutcome {
	r.Helper()
	outcome, err := r.recorder.Finish(r.Context(), end)
	require.NoError(r, err)
	return outcome
}
