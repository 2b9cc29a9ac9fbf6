package web_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
	"github.com/ringrift/orchestrator/internal/web/webclient"
)

// The log of an attempt is gone on with to its end; a name leads to no other file, and nobody reads without the token.
func TestLogsOfJobs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := setup(t, web.Config{Token: "0123456789abcdef", JobDir: dir}, web.Sources{})
	at, client := spec.Node{ID: node, HTTP: r.Address()}, webclient.Client{Token: "0123456789abcdef"}
	path := filepath.Join(dir, "018f", "2", "stdout.log")
	writeLog(t, filepath.Join(dir, "018f", "1", "stderr.log"), "first\n")
	writeLog(t, path, "one\n")
	read := func(query webclient.LogQuery) (texts []string, last string) {
		require.NoError(t, client.Log(t.Context(), at, query, func(line webclient.LogLine) error {
			texts, last = append(texts, string(line.Text)), line.ID
			return nil
		}))
		return texts, last
	}
	texts, last := read(webclient.LogQuery{Job: "018f", Lines: 10})
	require.Equal(t, []string{"one"}, texts)
	writeLog(t, path, "two\n")
	require.NoError(t, os.Rename(path, path+".1"))
	writeLog(t, path, "three\nhalf")
	texts, _ = read(webclient.LogQuery{Job: "018f", Lines: 10, After: last})
	require.Equal(t, []string{"two", "three", "half"}, texts)
	texts, _ = read(webclient.LogQuery{Job: "018f", Lines: 10, Attempt: 1, Errors: true})
	require.Equal(t, []string{"first"}, texts)
	texts, _ = read(webclient.LogQuery{Job: "018f", Lines: 10, Errors: true, Follow: true})
	require.Empty(t, texts, "nothing was written there yet")

	with := header("Authorization", "Bearer 0123456789abcdef")
	for target, want := range map[string]int{
		"/jobs/018f/logs":             http.StatusOK,
		"/jobs/018f/logs?attempt=3":   http.StatusNotFound,
		"/jobs/018e/logs":             http.StatusNotFound,
		"/jobs/..%2f018f/logs":        http.StatusBadRequest,
		"/jobs/018f/logs?attempt=-1":  http.StatusBadRequest,
		"/jobs/018f/logs?attempt=..":  http.StatusBadRequest,
		"/jobs/018f/logs?errors=some": http.StatusBadRequest,
		"/jobs/018f/logs?lines=-1":    http.StatusBadRequest,
	} {
		response, body := r.do(t, http.MethodGet, target, "", with)
		require.Equal(t, want, response.StatusCode, "%s: %s", target, body)
		response, _ = r.do(t, http.MethodGet, target, "")
		require.Equal(t, http.StatusUnauthorized, response.StatusCode, target)
	}
}
