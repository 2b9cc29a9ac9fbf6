package autoexport

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// exporting is the work of the stage EXPORTING.
type exporting struct{ Config }

var (
	_ pipeline.Work       = (*exporting)(nil)
	_ pipeline.Teller     = (*exporting)(nil)
	_ pipeline.Unmet      = (*exporting)(nil)
	_ pipeline.Suspecting = (*exporting)(nil)
)

// pending are the games that an order is about.
type pending struct {
	iterations []int64 // in order
	files      []jobs.Output
	games      int64
	left       []pipeline.LeftOut
}

// pendingOf is the same for every look at an order: the iterations before are over, and its own has been consolidated.
func pendingOf(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (pending, error) {
	all, err := pipeline.Unexported(ctx, l, order.ConfigKey, order.Iteration)
	if err != nil {
		return pending{}, err
	}
	var p pending
	for _, iteration := range slices.Sorted(maps.Keys(all)) {
		one := all[iteration]
		p.left = append(p.left, one.Spoilt...)
		if one.Games > 0 {
			p.iterations, p.files, p.games = append(p.iterations, iteration), append(p.files, one.Files...), p.games+one.Games
		}
	}
	return p, nil
}

// nothing ends an order that there is nothing to export for: the iteration is over, and the loop collects games again.
func (p pending) nothing(order ledger.Stage, jobID, reason string) (pipeline.Exported, []bus.Payload) {
	return pipeline.Exported{Verdict: spec.VerdictTooFew, Reason: reason, LeftOut: p.left, JobID: jobID}, pipeline.TellLeftOut(order, jobID, p.left)
}

// Prepare implements pipeline.Work.
func (e *exporting) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	w, _, err := e.Workloads.Of(order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, pipeline.Wait("workload: %v", err)
	}
	games, err := pendingOf(ctx, session.Ledger(), order)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	if games.games == 0 {
		result, told := games.nothing(order, "", "there are no games that are in no dataset")
		return ledger.JobSpec{}, pipeline.Done(result, told...)
	}
	settings := e.settings()
	params := workload.ExportParams{
		EncoderVersion: w.Manifest.EncoderVersion, MaxSamples: settings.MaxSamples, Filters: workload.ExportFilters{MinMoves: settings.MinMoves},
	}
	var inputs []jobs.Input
	for i, file := range games.files {
		input, err := pipeline.GamesInput(ctx, session.Ledger(), fmt.Sprintf("games-%d", i+1), file.SHA256.String())
		if err != nil {
			return ledger.JobSpec{}, err
		}
		inputs, params.Games = append(inputs, input), append(params.Games, input.Name)
	}
	return pipeline.Job(w, workload.Export, pipeline.JobOptions{
		Params: params, Inputs: inputs, SeedFrom: order.Stage + "/" + pipeline.IterationID(order.ConfigKey, order.Iteration),
	})
}

// Unmet implements pipeline.Unmet.
func (e *exporting) Unmet(ctx context.Context, session *ledger.Session, order ledger.Stage, jobID, reason string) (any, []bus.Payload, error) {
	games, err := pendingOf(ctx, session.Ledger(), order)
	if err != nil {
		return nil, nil, err
	}
	result, told := games.nothing(order, jobID, fmt.Sprintf("%d games make no samples: %s", games.games, reason))
	return result, told, nil
}

// Suspects implements pipeline.Suspecting.
func (*exporting) Suspects(request jobs.Request) []jobs.Input { return pipeline.GameFilesOf(request) }

// Only implements pipeline.Suspecting.
func (*exporting) Only(request jobs.Request, others []jobs.Input) (jobs.Request, error) {
	return pipeline.OnlyGames(request, others)
}

// Began implements pipeline.Teller.
func (e *exporting) Began(order ledger.Stage, job ledger.Job) (bus.Payload, error) {
	request, err := pipeline.RequestOf(job)
	return bus.NPZExportStarted{StageWork: pipeline.WorkOf(order, job.ID), Files: len(request.Inputs)}, err
}

// Failed implements pipeline.Teller.
func (e *exporting) Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload {
	return bus.ExportValidationFailed{StageFailure: pipeline.Failure(order, job, class, reason)}
}
