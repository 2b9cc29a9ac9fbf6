package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A worker tells of the training from its ledger before anybody has trained, with no daemon there.
func TestTrainingIsShown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.work()
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + r.http + "/loop")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, patience, pollInterval, "the worker has opened its ledger")
	require.JSONEq(t, `{"loops": []}`, r.get("/loop"))
	require.JSONEq(t, `{"models": []}`, r.get("/models"))
	require.JSONEq(t, `{"ratings": [], "curves": [], "is": {}}`, r.get("/ratings"))
	require.Contains(t, r.get("/"), "new EventSource")
}
