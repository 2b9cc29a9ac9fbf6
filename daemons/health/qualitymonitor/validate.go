package qualitymonitor

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

const (
	// validateLimit bounds one validation: a round must not look as if it hung.
	validateLimit = time.Minute
	// grace is how long the command may take to end when told to.
	grace = 5 * time.Second
	// niceness lets everything else on the node go first.
	niceness = 19
	// inputGames is the name of the file that is judged.
	inputGames = "games"
)

// canValidate says whether somebody judges the games of a configuration.
func (m *monitor) canValidate(configKey string) bool {
	offered, _, err := m.config.Workloads.Of(configKey)
	return err == nil && m.config.Runner != nil && offered.Manifest.Has(workload.Validate)
}

// validate asks the workload for its verdict on the games of a closed file.
func (m *monitor) validate(ctx context.Context, item data.Item, path string) (scores map[string]float64, err error) {
	offered, _, err := m.config.Workloads.Of(item.ConfigKey)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Join(m.rt.DataDir, "quality"))
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for validations: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }() // the next validation begins with the same
	request, err := m.request(item, path)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(folder, request.JobID)
	if err := os.RemoveAll(dir); err != nil { // of a copy that was killed
		return nil, fmt.Errorf("clear %s: %w", dir, err)
	}
	attempt, err := workload.NewAttempt(dir, request)
	if err != nil {
		return nil, err
	}
	report, err := m.config.Runner.Run(ctx, run.Job{Workload: offered, Attempt: attempt, Nice: niceness, Grace: grace})
	switch {
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case report.Decision.Action != workload.ActionComplete:
		return nil, fmt.Errorf("validate %s: %s: %s", item.Place, report.Decision.Reason, report.Message)
	}
	return verdicts(report.Result, item)
}

func (m *monitor) request(item data.Item, path string) (workload.Request, error) {
	params, err := json.Marshal(workload.ValidateParams{Games: inputGames})
	if err != nil {
		return workload.Request{}, fmt.Errorf("encode the params of validate: %w", err)
	}
	absolute, err := filepath.Abs(path)
	return workload.Request{
		Contract: workload.Contract, JobID: "quality-" + item.SHA256.String()[:16], Attempt: 1, Command: workload.Validate,
		ConfigKey: item.ConfigKey, IssuedAt: item.Modified, Deadline: m.rt.Now().Add(validateLimit).UTC().Truncate(time.Second),
		Limits: workload.Limits{CPU: 1}, Params: params,
		Inputs: []workload.Input{{Name: inputGames, Role: workload.RoleGames, Path: absolute, SHA256: item.SHA256.String()}},
	}, err
}

// verdicts are scores by game; a game against the rules is worth nothing.
func verdicts(result *workload.Result, item data.Item) (map[string]float64, error) {
	var metrics workload.ValidateMetrics
	if err := result.DecodeMetrics(&metrics); err != nil {
		return nil, fmt.Errorf("validate %s: %w", item.Place, err)
	}
	scores := map[string]float64{}
	for _, verdict := range metrics.Verdicts {
		switch {
		case !verdict.OK:
			scores[verdict.ID] = 0
		case verdict.Quality >= 0 && verdict.Quality <= 1:
			scores[verdict.ID] = verdict.Quality
		}
	}
	return scores, nil
}
