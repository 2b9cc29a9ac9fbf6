package distillation

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	inputDataset, inputTeacher, inputPositions, inputHoldout, inputStudent = "dataset", "teacher", "positions", "holdout", "student"
	// mostSearch is how much more a faster student may search than its teacher, at equal time.
	mostSearch = 8
)

// lesson is one job of a course, or what it waits for.
func (c course) lesson(ctx context.Context, l *ledger.Ledger, lesson string, before map[string]jobs.Report) (wanted ledger.JobSpec, wait string, err error) {
	options := pipeline.JobOptions{PlanVersion: c.settings.Version, SeedFrom: c.jobKey(lesson)}
	command := workload.Combine
	switch lesson {
	case lessonPositions:
		options.Inputs = []jobs.Input{pipeline.Input(inputDataset, c.combined.Dataset)}
		options.Params = workload.CombineParams{
			Datasets: []workload.CombineSource{{Input: inputDataset}}, MaxSamples: c.settings.Positions, HoldoutFraction: c.settings.HoldoutFraction,
		}
	case lessonStudent:
		command = workload.Distill
		options.Params = workload.DistillParams{
			Teacher: inputTeacher, Positions: inputPositions, Holdout: inputHoldout, Student: c.settings.Student, T: c.settings.Temperature, Alpha: c.settings.Alpha,
			LatencyBound: c.settings.MaxLatency,
		}
		options.Inputs, wait, err = c.studentInputs(ctx, l, before[lessonPositions])
	case lessonMatch:
		command = workload.Evaluate
		options.Params, options.Inputs, wait, err = c.match(ctx, l, before[lessonStudent])
	}
	if err != nil || wait != "" {
		return wanted, wait, err
	}
	wanted, err = pipeline.Job(c.workload, command, options)
	return wanted, "", err
}

func (c course) studentInputs(ctx context.Context, l *ledger.Ledger, drawn jobs.Report) (inputs []jobs.Input, wait string, err error) {
	teacher, wait, err := c.teacherInput(ctx, l)
	if err != nil || wait != "" {
		return nil, wait, err
	}
	positions, err := pipeline.OutputOf(drawn, workload.RoleDataset)
	if err != nil {
		return nil, "", err
	}
	holdout, err := pipeline.OutputOf(drawn, workload.RoleHoldout)
	return []jobs.Input{teacher, pipeline.Input(inputPositions, positions), pipeline.Input(inputHoldout, holdout)}, "", err
}

// teacherInput is the file of the teacher. While no node that is here has it, that is waited for.
func (c course) teacherInput(ctx context.Context, l *ledger.Ledger) (input jobs.Input, wait string, err error) {
	presence, err := pipeline.PresenceOf(ctx, l, c.teacher.SHA256)
	if err == nil && presence != pipeline.Here {
		return input, fmt.Sprintf("the file of its model %s is %s", c.teacher.ID, presence), nil
	}
	if err != nil {
		return input, "", err
	}
	input, err = pipeline.ModelInput(ctx, l, inputTeacher, c.teacher)
	return input, "", err
}

// match has the student play its teacher, at equal time, and the baselines.
func (c course) match(ctx context.Context, l *ledger.Ledger, taught jobs.Report) (params workload.EvaluateParams, inputs []jobs.Input, wait string, err error) {
	teacher, wait, err := c.teacherInput(ctx, l)
	if err != nil || wait != "" {
		return params, nil, wait, err
	}
	student, err := pipeline.OutputOf(taught, workload.RoleModel)
	if err != nil {
		return params, nil, "", err
	}
	metrics, err := pipeline.MetricsOf[workload.DistillMetrics](taught)
	budget := c.settings.SearchBudget
	params = workload.EvaluateParams{
		Model: inputStudent, Harness: c.settings.Harness, SearchBudget: equalTime(budget, metrics.LatencyRatio), OpeningPlies: c.settings.OpeningPlies,
		Opponents: []workload.Opponent{{Player: workload.Player{Model: inputTeacher, Harness: c.settings.Harness, SearchBudget: budget}, Games: c.settings.Games}},
	}
	for _, name := range c.baselines() {
		params.Opponents = append(params.Opponents, workload.Opponent{Player: workload.Player{Baseline: name, SearchBudget: budget}, Games: c.settings.Games})
	}
	return params, []jobs.Input{pipeline.Input(inputStudent, student), teacher}, "", err
}

// equalTime is how many simulations a student has in the time that its teacher needs for a budget. A budget of 0 is the
// workload's own, of which nothing is known: then both have the same.
func equalTime(budget int, latency float64) int {
	if budget == 0 || !(latency > 0) {
		return budget
	}
	return int(math.Round(float64(budget) * min(max(1/latency, 1), mostSearch)))
}

// baselines are those of the workload that a student meets.
func (c course) baselines() (names []string) {
	for _, name := range []string{workload.BaselineRandom, promotion.Heuristic} {
		if slices.ContainsFunc(c.workload.Manifest.Baselines, func(b workload.Baseline) bool { return b.ID == name }) {
			names = append(names, name)
		}
	}
	return names
}
