//go:build acceptance

package cluster

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/workload"
)

// account adds up what the time of iterations went into. Its parts are one after another in an iteration and make up the
// whole of it, but for the self-play, which goes on beside.
type account struct {
	iterations, jobs int
	whole            time.Duration
	parts            map[part]time.Duration
	inLoop, inScript map[workload.Command]time.Duration // commands, with what proves and stores their files in the loop
	server, worker   time.Duration                      // processor time from the first iteration to the last
}

// part is a step on the way of an iteration.
type part string

const (
	partCollect part = "waits for games"
	partPlaced  part = "job queued, placed"
	partGranted part = "granted"
	partBegun   part = "begun"
	partCommand part = "command, proved and stored"
	partEnded   part = "recorded"
	partChange  part = "between jobs: look, settle, order"
)

func newAccount() *account {
	return &account{parts: map[part]time.Duration{}, inLoop: map[workload.Command]time.Duration{}, inScript: map[workload.Command]time.Duration{}}
}

// add takes in the iterations of one installation.
func (a *account) add(r *rig, all []contribution) {
	r.Helper()
	for number := 1; number <= iterations; number++ {
		a.addIteration(r, number)
	}
	for _, one := range all {
		a.inLoop[one.request.Command] += one.result.Ended.Sub(one.result.Started)
	}
}

// addIteration splits the time of one iteration. The jobs of its stages, audits among them, never run beside each other.
func (a *account) addIteration(r *rig, number int) {
	r.Helper()
	began, ended := r.number(iterationTime("started_at"), configKey, number), r.number(iterationTime("ended_at"), configKey, number)
	whole := micros(ended - began)
	collect := micros(r.number(`SELECT min(ordered_at) FROM stages WHERE stage = 'SYNCING' AND config_key = ? AND iteration = ?`, configKey, number) - began)
	a.iterations, a.whole = a.iterations+1, a.whole+whole
	rest := whole
	spend := func(on part, took time.Duration) { a.parts[on], rest = a.parts[on]+took, rest-took }
	for _, row := range r.ledger(`SELECT json_array(created_at, claimed_at, started_at, finished_at, json(result)) FROM jobs
		WHERE status = 'completed' AND config_key = ? AND iteration_id = ?`, configKey, fmt.Sprintf("%s/%d", configKey, number)) {
		var created, claimed, started, finished int
		var report jobs.Report
		require.NoError(r, json.Unmarshal([]byte(row), &[]any{&created, &claimed, &started, &finished, &report}))
		if created < began+int(collect.Microseconds()) {
			continue // the first model is made while the games are waited for
		}
		a.jobs++
		spend(partPlaced, micros(claimed-created))
		spend(partGranted, micros(started-claimed))
		spend(partBegun, report.Started.Sub(time.UnixMicro(int64(started))))
		spend(partCommand, report.Ended.Sub(report.Started))
		spend(partEnded, time.UnixMicro(int64(finished)).Sub(report.Ended))
	}
	spend(partCollect, collect)
	spend(partChange, rest)
}

func iterationTime(column string) string {
	return "SELECT " + column + " FROM iterations WHERE config_key = ? AND number = ?"
}

func micros(count int) time.Duration { return time.Duration(count) * time.Microsecond }

// String says what an iteration is made of, in milliseconds.
func (a *account) String() string {
	each := func(total time.Duration) float64 { return total.Seconds() * 1000 / float64(max(1, a.iterations)) }
	var text strings.Builder
	fmt.Fprintf(&text, "an iteration takes %.0f ms, with %.1f jobs one after another:", each(a.whole), float64(a.jobs)/float64(max(1, a.iterations)))
	for _, one := range []part{partCollect, partPlaced, partGranted, partBegun, partCommand, partEnded, partChange} {
		fmt.Fprintf(&text, "\n  %-34s %5.0f ms", one, each(a.parts[one]))
	}
	fmt.Fprintf(&text, "\nprocessor time beside the commands: server %.0f ms, worker %.0f ms", each(a.server), each(a.worker))
	for _, command := range slices.Sorted(maps.Keys(a.inLoop)) {
		fmt.Fprintf(&text, "\n  %-9s %5.0f ms in the loop, proved and stored; %5.0f ms in the script", command, each(a.inLoop[command]), each(a.inScript[command]))
	}
	return text.String()
}
