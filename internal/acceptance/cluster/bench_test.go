//go:build acceptance

package cluster

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/workload"
)

// benchParams make a game cost what it costs in earnest: most of it goes into the search.
const benchParams = `{"search_budget":400}`

// benchRounds are how often queue and loop take turns, so that what else the machine does hits both.
const benchRounds = 4

// benchmarked are the jobs of one round: each takes a bit less than a second of one core.
func benchmarked() selfplay { return selfplay{mini, choose(50, 15), 200, benchParams} }

// BenchmarkQueue runs short self-play jobs through the queue of one node, and the same commands in a loop with the same
// parallelism, in turns. The bar: the queue takes at most 1.25 times as long.
func BenchmarkQueue(b *testing.B) {
	batch := benchmarked()
	r := setup(b, 1)
	server, worker := r.server(), r.nodes[0].worker()
	var queue, loop, serverUsed, workerUsed time.Duration
	for round := range benchRounds {
		loop += measureLoop(b, batch)
		server0, worker0 := r.used(server), r.used(worker)
		queue += r.measureQueue(fmt.Sprintf("round-%d", round), batch)
		serverUsed, workerUsed = serverUsed+r.used(server)-server0, workerUsed+r.used(worker)-worker0
	}
	r.requireOneResultEach(benchRounds * batch.jobs)
	r.tellSteps()
	b.ReportMetric(queue.Seconds(), "queue-s")
	b.ReportMetric(loop.Seconds(), "loop-s")
	b.ReportMetric(queue.Seconds()/loop.Seconds(), "queue/loop")
	for unit, total := range map[string]time.Duration{
		"more-ms/job": queue - loop, "server-cpu-ms/job": serverUsed, "worker-cpu-ms/job": workerUsed,
	} {
		b.ReportMetric(total.Seconds()*1000/float64(benchRounds*batch.jobs), unit)
	}
}

// measureQueue submits jobs and waits until all are over.
func (r *rig) measureQueue(key string, jobs selfplay) time.Duration {
	r.Helper()
	began := time.Now()
	r.submit(key, jobs)
	r.eventually(20*time.Minute, func() bool { return r.unfinished() == 0 }, "the jobs end: %q", r.attempts())
	return time.Since(began)
}

// tellSteps tells what a job goes through, from the moment when it gets a place to its end in the ledger, and how long a
// place stays free while jobs wait for one.
func (r *rig) tellSteps() {
	r.Helper()
	var ends []int64
	steps, places := map[string][]float64{}, runtime.NumCPU()
	add := func(step string, micros int64) { steps[step] = append(steps[step], float64(micros)/1e3) }
	for _, row := range r.ledger(`SELECT json_array(created_at, claimed_at, started_at, finished_at, json(result)) FROM jobs
		WHERE status = 'completed' ORDER BY claimed_at`) {
		var created, claimed, started, finished int64
		var report jobs.Report
		require.NoError(r, json.Unmarshal([]byte(row), &[]any{&created, &claimed, &started, &finished, &report}))
		add("granted", started-claimed)
		add("begun", report.Started.UnixMicro()-started)
		add("run and stored", report.Ended.Sub(report.Started).Microseconds())
		add("recorded", finished-report.Ended.UnixMicro())
		slices.Sort(ends)
		if free := len(ends) - places; free >= 0 && ends[free] > created {
			add("place free", claimed-ends[free])
		}
		ends = append(ends, finished)
	}
	for step, all := range steps {
		slices.Sort(all)
		r.Logf("%-14s p50 %4.0f ms, p90 %4.0f ms", step, all[len(all)/2], all[len(all)*9/10])
	}
}

// server is the pid of the Temporal server.
func (r *rig) server() int {
	r.Helper()
	known, err := readRecord(r.serverRecord())
	require.NoError(r, err)
	return known.PID
}

// used is the processor time of a process, without its children's.
func (r *rig) used(pid int) time.Duration {
	r.Helper()
	const tick = 10 * time.Millisecond // on every Linux that Go supports
	fields, err := statOf(pid)
	require.NoError(r, err)
	var ticks time.Duration
	for _, field := range fields[11:13] { // user and system time
		number, err := strconv.ParseInt(field, 10, 64)
		require.NoError(r, err)
		ticks += time.Duration(number)
	}
	return ticks * tick
}

// measureLoop runs the commands of the jobs as a shell loop would.
func measureLoop(b *testing.B, jobs selfplay) time.Duration {
	b.Helper()
	var params map[string]any
	require.NoError(b, json.Unmarshal([]byte(jobs.params), &params))
	params["games"] = jobs.games
	encoded, err := json.Marshal(params)
	require.NoError(b, err)
	dir := b.TempDir()
	var attempts []*workload.Attempt
	for number := range jobs.jobs {
		attempt, err := workload.NewAttempt(filepath.Join(dir, strconv.Itoa(number)), workload.Request{
			Contract: workload.Contract, JobID: fmt.Sprintf("loop-%d", number), Attempt: 1, Command: workload.Selfplay, ConfigKey: configKey,
			Seed: int64(1 + number), IssuedAt: time.Now(), Limits: workload.Limits{CPU: 1}, Inputs: []workload.Input{}, Params: encoded,
		})
		require.NoError(b, err)
		attempts = append(attempts, attempt)
	}
	began := time.Now()
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(runtime.NumCPU())
	for _, attempt := range attempts {
		group.Go(func() error { return runCommand(ctx, attempt) })
	}
	require.NoError(b, group.Wait())
	return time.Since(began)
}
