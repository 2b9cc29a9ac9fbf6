//go:build acceptance

package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/workload"
)

// iterations are how many the loop and the script train.
const iterations = 3

// BenchmarkLoop trains three iterations of one configuration by the loop, and then again by a plain script: the same
// commands by the same requests, one after another, with nothing else around them. Loop and script take turns, each loop
// on an empty folder. The bar: where games cost what they cost in earnest (1,600 simulations a move, as AlphaGo Zero played),
// the loop takes at most 1.3 times as long. By the preset fast an iteration is a second of work: that tells what the
// orchestrator itself takes.
func BenchmarkLoop(b *testing.B) {
	b.Run("earnest", func(b *testing.B) {
		measureIterations(b, "selfplay:\n  search_budget: 1600\nfeedback:\n  max_search_budget: 1600\nevaluate:\n  search_budget: 200\n")
	})
	b.Run("fast", func(b *testing.B) { measureIterations(b, "") })
}

func measureIterations(b *testing.B, limits string) {
	var loop, script, commands time.Duration
	rounds, account := choose(3, 1), newAccount()
	for range rounds {
		r := setup(b, 1)
		server, worker := r.server(), r.nodes[0].worker()
		server0, worker0 := r.used(server), r.used(worker)
		r.train(limits)
		account.server, account.worker = account.server+r.used(server)-server0, account.worker+r.used(worker)-worker0
		all := r.contributions()
		loop += r.lasted()
		account.add(r, all)
		require.NoError(b, r.Down(b.Context()), "%s", r.said)
		script += r.replay(all, account)
		for _, one := range all {
			commands += one.result.Ended.Sub(one.result.Started)
		}
		r.tellBounds(all)
	}
	b.Log(account)
	b.ReportMetric(loop.Seconds(), "loop-s")
	b.ReportMetric(script.Seconds(), "script-s")
	b.ReportMetric(loop.Seconds()/script.Seconds(), "loop/script")
	b.ReportMetric((loop-script).Seconds()/float64(iterations*rounds), "more-s/iteration")
	b.ReportMetric(commands.Seconds()/script.Seconds(), "commands/script")
}

// train lets the loop run over the iterations of one configuration, by the preset fast with some limits of its own.
func (r *rig) train(limits string) {
	r.Helper()
	r.limit(limited([]string{configKey}, iterations) + limits)
	r.eventually(within(threeOfThree), func() bool {
		return r.number("SELECT count(*) FROM iterations WHERE config_key = ? AND ended_at IS NOT NULL", configKey) == iterations
	}, "%d iterations of %s", iterations, configKey)
}

// lasted is the time from the beginning of the first iteration to the end of the last.
func (r *rig) lasted() time.Duration {
	r.Helper()
	return time.Duration(r.number("SELECT max(ended_at) - min(started_at) FROM iterations WHERE config_key = ?", configKey)) * time.Microsecond
}

// contribution is a job of which something went into the iterations.
type contribution struct {
	id      string
	created time.Time
	threads int
	request jobs.Request
	result  jobs.Report
	path    map[string]string // of its inputs, by name
}

// contributions are the jobs of the stages, and those whose games were cut, in the order in which they were made.
func (r *rig) contributions() (all []contribution) {
	r.Helper()
	for _, row := range r.ledger(`SELECT json_array(job_id, created_at, cpu, json(request), json(result)) FROM jobs
		WHERE config_key = ? AND status = 'completed' AND (iteration_id <> ''
			OR job_id IN (SELECT job_id FROM games JOIN game_files ON sha256 = file_sha256 WHERE cut_iteration IS NOT NULL))
		ORDER BY created_at, job_id`, configKey) {
		one := contribution{path: map[string]string{}}
		var micros int64
		var cpu float64
		require.NoError(r, json.Unmarshal([]byte(row), &[]any{&one.id, &micros, &cpu, &one.request, &one.result}))
		one.created, one.threads = time.UnixMicro(micros).UTC(), max(1, int(cpu))
		for _, input := range one.request.Inputs {
			one.path[input.Name] = r.pathOf(input)
		}
		all = append(all, one)
	}
	return all
}

// pathOf is where the node has an input.
func (r *rig) pathOf(input jobs.Input) string {
	r.Helper()
	path := filepath.Join(r.dir, jobs.HolderPath(input.Place))
	if _, err := os.Stat(path); err != nil {
		return r.fileOf(input.SHA256.String())
	}
	return path
}

// replay runs the commands of jobs one after another. Each must give the bytes that it gave in the loop: the work is the
// same.
func (r *rig) replay(all []contribution, account *account) time.Duration {
	r.Helper()
	dir := r.TempDir()
	attempts := make([]*workload.Attempt, len(all))
	for i, one := range all {
		inputs := []workload.Input{}
		for _, input := range one.request.Inputs {
			inputs = append(inputs, workload.Input{Name: input.Name, Role: input.Role, Path: one.path[input.Name], SHA256: input.SHA256.String()})
		}
		attempt, err := workload.NewAttempt(filepath.Join(dir, strconv.Itoa(i)), workload.Request{
			Contract: workload.Contract, JobID: one.id, Attempt: int(one.result.Attempt), Command: one.request.Command, ConfigKey: configKey,
			Seed: one.request.Seed, IssuedAt: one.created, Limits: workload.Limits{CPU: one.threads}, Inputs: inputs,
			PlanVersion: one.request.PlanVersion, Params: one.request.Params,
		})
		require.NoError(r, err)
		attempts[i] = attempt
	}
	began := time.Now()
	for _, attempt := range attempts {
		at := time.Now()
		require.NoError(r, runCommand(r.Context(), attempt))
		account.inScript[attempt.Request.Command] += time.Since(at)
	}
	took := time.Since(began)
	for i, attempt := range attempts {
		r.requireSameOutputs(attempt, all[i])
	}
	return took
}

func (r *rig) requireSameOutputs(attempt *workload.Attempt, one contribution) {
	r.Helper()
	text, err := os.ReadFile(attempt.ResultPath())
	require.NoError(r, err)
	var result workload.Result
	require.NoError(r, json.Unmarshal(text, &result))
	var here, there []string
	for _, output := range result.Outputs {
		here = append(here, output.SHA256)
	}
	for _, output := range one.result.Outputs {
		there = append(there, output.SHA256.String())
	}
	require.Equal(r, there, here, "%s of job %s", one.request.Command, one.id)
}

// tellBounds tells what the time of each iteration went into: its stages, and on the way to their commands and back.
func (r *rig) tellBounds(all []contribution) {
	r.Helper()
	ran := map[string]jobs.Report{}
	for _, one := range all {
		ran[one.id] = one.result
	}
	for number := 1; number <= iterations; number++ {
		var told []string
		for _, row := range r.ledger(stageTimes, configKey, number) {
			var stage, job string
			var after, took, place, start, ended, noticed float64
			var started int64
			require.NoError(r, json.Unmarshal([]byte(row), &[]any{&stage, &job, &after, &took, &place, &start, &started, &ended, &noticed}))
			line := fmt.Sprintf("%-13s ordered after %.2f s, took %.2f s", stage, after, took)
			if report, has := ran[job]; has {
				begun := time.UnixMicro(started)
				line += fmt.Sprintf(": queued and placed %.2f, granted %.2f, begun %.2f, command %.2f, recorded %.2f, noticed %.2f", place, start,
					report.Started.Sub(begun).Seconds(), report.Ended.Sub(report.Started).Seconds(),
					ended-report.Ended.Sub(begun).Seconds(), noticed)
			}
			told = append(told, line)
		}
		r.Logf("iteration %d:\n  %s", number, strings.Join(told, "\n  "))
	}
	kinds := map[workload.Command]time.Duration{}
	for _, one := range all {
		kinds[one.request.Command] += one.result.Ended.Sub(one.result.Started).Round(time.Millisecond)
	}
	r.Logf("the commands in the loop: %v; self-play that did not go into it: %q; attempts: %q", kinds,
		r.ledger(`SELECT count(*) || ' × ' || status FROM jobs WHERE kind = 'selfplay' AND job_id NOT IN
			(SELECT job_id FROM games JOIN game_files ON sha256 = file_sha256 WHERE cut_iteration IS NOT NULL) GROUP BY status`), r.attempts())
}

// stageTimes are, for each stage of an iteration, in seconds: from the end of what was before to its order, from that to
// its end; and of its job from the order until it has a place, from there until its attempt is begun, when that was, how
// long it took from there to its end in the ledger, and from there to that of the stage.
const stageTimes = `SELECT json_array(stage, coalesce(j.job_id, ''), (s.ordered_at - coalesce(
		(SELECT max(ended_at) FROM stages b WHERE b.config_key = s.config_key AND b.iteration = s.iteration AND b.sequence < s.sequence),
		(SELECT started_at FROM iterations i WHERE i.config_key = s.config_key AND number = s.iteration))) / 1e6, (s.ended_at - s.ordered_at) / 1e6,
		coalesce(j.claimed_at - s.ordered_at, 0) / 1e6, coalesce(j.started_at - j.claimed_at, 0) / 1e6, coalesce(j.started_at, 0),
		coalesce(j.finished_at - j.started_at, 0) / 1e6, coalesce(s.ended_at - j.finished_at, 0) / 1e6)
	FROM stages s LEFT JOIN jobs j ON j.job_id = json_extract(s.result, '$.job_id') WHERE s.config_key = ? AND s.iteration = ? ORDER BY s.sequence`
