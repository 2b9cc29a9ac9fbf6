//go:build acceptance

package cluster

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// configKey is what is played.
const configKey = "sq5_2p"

// selfplay are jobs of one kind.
type selfplay struct {
	workload    string
	jobs, games int
	params      string // beside the number of games
}

// submit puts jobs into the queue, with seeds from 1, and returns their ids.
func (r *rig) submit(key string, wanted selfplay) (ids []string) {
	r.Helper()
	var submitted struct {
		Jobs []struct {
			ID string `json:"job_id"`
		} `json:"jobs"`
	}
	r.starter(&submitted, "jobs", "submit", "--workload", wanted.workload, "--command", "selfplay", "--config", configKey, "--seed", "1",
		"--games", strconv.Itoa(wanted.games), "--params", wanted.params, "--count", strconv.Itoa(wanted.jobs), "--key", key)
	for _, job := range submitted.Jobs {
		ids = append(ids, job.ID)
	}
	require.Len(r, ids, wanted.jobs)
	return ids
}

// open reads a database file, which others may write to.
func (r *rig) open(path string) *sql.DB {
	r.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro&_pragma=busy_timeout(10000)"}).String())
	require.NoError(r, err)
	return db
}

// ledger reads one column of the ledger's file.
func (r *rig) ledger(query string, arguments ...any) []string {
	r.Helper()
	return r.column(filepath.Join(r.dir, "cluster", "ledger.db"), query, arguments...)
}

func (r *rig) column(path, query string, arguments ...any) (values []string) {
	r.Helper()
	db := r.open(path)
	defer db.Close()
	rows, err := db.QueryContext(r.Context(), query, arguments...)
	require.NoError(r, err, "%s: %s", path, query)
	defer rows.Close()
	for rows.Next() {
		var value string
		require.NoError(r, rows.Scan(&value))
		values = append(values, value)
	}
	require.NoError(r, rows.Err(), "%s: %s", path, query)
	return values
}

func (r *rig) number(query string, arguments ...any) int {
	r.Helper()
	values := r.ledger(query, arguments...)
	require.Len(r, values, 1, query)
	number, err := strconv.Atoi(values[0])
	require.NoError(r, err, query)
	return number
}

// unfinished is how many jobs are not over.
func (r *rig) unfinished() int {
	r.Helper()
	return r.number("SELECT count(*) FROM jobs WHERE finished_at IS NULL")
}

// requireOneResultEach proves that each job has come to exactly one result.
func (r *rig) requireOneResultEach(jobs int) {
	r.Helper()
	require.Equal(r, []string{fmt.Sprintf("completed %d", jobs)}, r.ledger("SELECT status || ' ' || count(*) FROM jobs GROUP BY status"),
		"errors: %q", r.ledger("SELECT job_id || ' ' || status || ' ' || error_class || ': ' || error FROM jobs WHERE status <> 'completed'"))
	require.Equal(r, jobs, r.number("SELECT count(*) FROM jobs WHERE result <> ''"))
	require.Empty(r, r.ledger(`SELECT job_id FROM jobs WHERE 1 <> (SELECT count(*) FROM job_attempts a WHERE a.job_id = jobs.job_id AND outcome = 'completed')`),
		"jobs that were completed by no attempt, or by more than one")
	require.Empty(r, r.ledger("SELECT job_id FROM job_attempts WHERE ended_at IS NULL"), "attempts that nobody has ended")
}

// attempts are the outcomes of all attempts, counted.
func (r *rig) attempts() []string {
	r.Helper()
	return r.ledger("SELECT count(*) || ' × ' || outcome || ' ' || error_class FROM job_attempts GROUP BY outcome, error_class ORDER BY 1")
}
