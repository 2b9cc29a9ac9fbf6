package workload_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// request is a good one, to be changed by tests.
func request() workload.Request {
	return workload.Request{
		Contract: workload.Contract, JobID: "job-1", Attempt: 2, Command: workload.Init, ConfigKey: "nim21_2p", Seed: 1,
		IssuedAt: time.Now().UTC(), Limits: workload.Limits{CPU: 1}, Inputs: []workload.Input{}, Params: json.RawMessage(`{}`),
	}
}

// succeeded is an attempt with one output and the result that belongs to it, not yet written.
func succeeded(t *testing.T) (*workload.Attempt, *workload.Result) {
	t.Helper()
	attempt, err := workload.NewAttempt(filepath.Join(t.TempDir(), "attempt"), request())
	require.NoError(t, err)
	output := workload.Output{Role: workload.RoleModel, Path: "model.json"}
	require.NoError(t, os.WriteFile(attempt.OutputPath(output), []byte("weights"), 0o644))
	output.SHA256, output.Bytes, err = workload.HashFile(attempt.OutputPath(output))
	require.NoError(t, err)
	return attempt, &workload.Result{
		Contract: workload.Contract, JobID: "job-1", Attempt: 2, Status: workload.StatusOK, Outputs: []workload.Output{output},
	}
}

func store(t *testing.T, attempt *workload.Attempt, result *workload.Result) {
	t.Helper()
	text, err := json.Marshal(result)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(attempt.ResultPath(), text, 0o644))
}

func TestAProvedResult(t *testing.T) {
	t.Parallel()
	attempt, result := succeeded(t)
	store(t, attempt, result)
	proved, err := attempt.Verify(t.Context(), workload.ExitDone)
	require.NoError(t, err)
	require.Equal(t, result, proved)
	again, err := workload.OpenAttempt(attempt.Dir)
	require.NoError(t, err)
	require.Equal(t, attempt.Request.JobID, again.Request.JobID)
	require.Equal(t, attempt.Request.OutputDir, again.Request.OutputDir)
}

// TestAResultThatProvesNothing spoils one thing at a time and expects the rule's name.
func TestAResultThatProvesNothing(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("weights"), 0o600))
	replaced := func(by func(path string) error) func(*workload.Attempt, *workload.Result) error {
		return func(a *workload.Attempt, r *workload.Result) error {
			path := a.OutputPath(r.Outputs[0])
			return errors.Join(os.Remove(path), by(path))
		}
	}
	changed := func(change func(*workload.Result)) func(*workload.Attempt, *workload.Result) error {
		return func(_ *workload.Attempt, r *workload.Result) error { change(r); return nil }
	}
	for name, spoilt := range map[string]struct {
		rule  workload.Rule
		spoil func(*workload.Attempt, *workload.Result) error
	}{
		"another job":     {workload.RuleResultForeign, changed(func(r *workload.Result) { r.JobID = "job-2" })},
		"another attempt": {workload.RuleResultForeign, changed(func(r *workload.Result) { r.Attempt = 1 })},
		"partial":         {workload.RuleResultStatus, changed(func(r *workload.Result) { r.Status = workload.StatusPartial })},
		"no status":       {workload.RuleResultInvalid, changed(func(r *workload.Result) { r.Status = "" })},
		"no output":       {workload.RuleOutputRole, changed(func(r *workload.Result) { r.Outputs = nil })},
		"wrong size":      {workload.RuleOutputHash, changed(func(r *workload.Result) { r.Outputs[0].Bytes++ })},
		"way out":         {workload.RuleResultInvalid, changed(func(r *workload.Result) { r.Outputs[0].Path = "../request.json" })},
		"absolute":        {workload.RuleResultInvalid, changed(func(r *workload.Result) { r.Outputs[0].Path = secret })},
		"flipped byte":    {workload.RuleOutputHash, replaced(func(path string) error { return os.WriteFile(path, []byte("weightz"), 0o644) })},
		"gone":            {workload.RuleOutputMissing, replaced(func(string) error { return nil })},
		"link out":        {workload.RuleOutputEscape, replaced(func(path string) error { return os.Symlink(secret, path) })},
		"linked folder": {workload.RuleOutputEscape, func(a *workload.Attempt, r *workload.Result) error {
			r.Outputs[0].Path = "folder/secret"
			return os.Symlink(filepath.Dir(secret), filepath.Join(a.Request.OutputDir, "folder"))
		}},
		"pipe":   {workload.RuleOutputEscape, replaced(func(path string) error { return syscall.Mkfifo(path, 0o644) })},
		"folder": {workload.RuleOutputEscape, replaced(func(path string) error { return os.Mkdir(path, 0o755) })},
	} {
		attempt, result := succeeded(t)
		require.NoError(t, spoilt.spoil(attempt, result), name)
		store(t, attempt, result)
		requireViolation(t, spoilt.rule, attempt, name)
	}
}

func requireViolation(t *testing.T, rule workload.Rule, attempt *workload.Attempt, name string) {
	t.Helper()
	_, err := attempt.Verify(t.Context(), workload.ExitDone)
	var violation *workload.Violation
	require.ErrorAs(t, err, &violation, name)
	require.Equal(t, rule, violation.Rule, "%s: %v", name, violation)
}

func TestAResultFileThatIsNone(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string]struct {
		rule workload.Rule
		make func(path string) error
	}{
		"absent":        {workload.RuleResultMissing, func(string) error { return nil }},
		"half":          {workload.RuleResultInvalid, func(path string) error { return os.WriteFile(path, []byte(`{"contract":1,`), 0o644) }},
		"unknown field": {workload.RuleResultInvalid, func(path string) error { return os.WriteFile(path, []byte(`{"contact":1}`), 0o644) }},
		"pipe":          {workload.RuleResultInvalid, func(path string) error { return syscall.Mkfifo(path, 0o644) }},
		"link":          {workload.RuleResultInvalid, func(path string) error { return os.Symlink("request.json", path) }},
		"huge": {workload.RuleResultInvalid, func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o644), os.Truncate(path, workload.MaxResultBytes+1))
		}},
	} {
		attempt, _ := succeeded(t)
		require.NoError(t, odd.make(attempt.ResultPath()), name)
		requireViolation(t, odd.rule, attempt, name)
	}
}

func TestMetricsMustBeWhole(t *testing.T) {
	t.Parallel()
	require.NoError(t, workload.CheckMetrics(workload.Loss, json.RawMessage(`{"policy_loss":1,"value_loss":2,"samples":3,"more":4}`)))
	err := workload.CheckMetrics(workload.Loss, json.RawMessage(`{"policy_loss":1}`))
	require.Equal(t, []string{"metrics.value_loss", "metrics.samples"}, fields(t, err))
	require.Error(t, workload.CheckMetrics(workload.Loss, json.RawMessage(`{"policy_loss":"1","value_loss":2,"samples":3}`)))
	require.Error(t, workload.CheckMetrics(workload.Loss, nil))
	require.NoError(t, workload.CheckMetrics(workload.Init, nil), "init reports nothing")
}
