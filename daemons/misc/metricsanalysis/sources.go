package metricsanalysis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	// maxRuns are looked at in one round, should many have ended meanwhile.
	maxRuns = 20
	// ratingMetric is the name of the curve of ratings. GAUNTLET_FEEDBACK's elo is another one: it compares a candidate with
	// the canonical model alone.
	ratingMetric = "rating"
)

// losses are the curves of the runs that have ended after one, the oldest run first; of the newest alone if that one is
// unknown.
func losses(ctx context.Context, l *ledger.Ledger, configKey, after string) (all []curve, err error) {
	filter := ledger.JobFilter{Kind: string(workload.Train), ConfigKey: configKey, Statuses: []ledger.Status{ledger.Completed}}
	ended, err := l.Jobs(ctx, filter, ledger.Page{Limit: maxRuns})
	if err != nil {
		return nil, err
	}
	runs := ended.Items
	at := slices.IndexFunc(runs, func(job ledger.Job) bool { return job.ID == after })
	switch {
	case at >= 0:
		runs = runs[:at+1]
	case after == "":
		runs = runs[:min(len(runs), 1)]
	}
	for _, run := range slices.Backward(runs) {
		of, err := curvesOf(run)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

// curvesOf are what a run has told step by step. Of losses less is better, of anything else more.
func curvesOf(run ledger.Job) (all []curve, err error) {
	var report jobs.Report
	if err := json.Unmarshal(run.Result, &report); err != nil {
		return nil, fmt.Errorf("read the result of job %s: %w", run.ID, err)
	}
	for _, name := range slices.Sorted(maps.Keys(report.Curves)) {
		told := curve{metric: name, subject: run.ID, lower: isLoss(name)}
		for _, one := range report.Curves[name] {
			told.points = append(told.points, point{step: one.Step, value: one.Value})
		}
		all = append(all, told)
	}
	return all, nil
}

func isLoss(metric string) bool { return strings.Contains(metric, "loss") }

// ratings is the curve of the models that were evaluated, in that order, each as it is rated now.
func ratings(ctx context.Context, l *ledger.Ledger, configKey, harness string, window int) (curve, error) {
	found := curve{metric: ratingMetric, subject: configKey, elo: true}
	rated, err := l.Ratings(ctx, configKey, harness)
	if errors.Is(err, ledger.ErrNotFound) {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	kept, err := l.Decisions(ctx, pipeline.DecisionEvaluation, configKey, ledger.Page{Limit: min(window, 1000)})
	if err != nil {
		return found, err
	}
	seen := map[string]bool{}
	for _, one := range slices.Backward(kept.Items) {
		var evaluated pipeline.Evaluated
		if err := json.Unmarshal(one.Inputs, &evaluated); err != nil {
			return found, fmt.Errorf("read evaluation %s: %w", one.Key, err)
		}
		rating, is := pipeline.RatingOf(rated, evaluated.ModelID)
		if !is || seen[evaluated.ModelID] {
			continue // it was evaluated under another harness, or before
		}
		seen[evaluated.ModelID] = true
		found.points = append(found.points, point{
			step: int64(len(found.points)) + 1, value: rating.Rating, half: (rating.High - rating.Low) / 2,
		})
	}
	return found, nil
}
