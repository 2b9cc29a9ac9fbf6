package npzcombination

import (
	"context"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// combining is the work of the stage COMBINING.
type combining struct{ Config }

var (
	_ pipeline.Work     = (*combining)(nil)
	_ pipeline.Teller   = (*combining)(nil)
	_ pipeline.Choosing = (*combining)(nil)
	_ pipeline.Unmet    = (*combining)(nil)
)

// Prepare implements pipeline.Work.
func (c *combining) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	if err := lost(ctx, session.Ledger(), order); err != nil {
		return ledger.JobSpec{}, err
	}
	newest, err := own(ctx, session.Ledger(), order)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	failed, err := failedBefore(ctx, session.Ledger(), order)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	if failed {
		passed := asItIs(newest)
		return ledger.JobSpec{}, pipeline.Done(passed, complete(order, passed))
	}
	w, _, err := c.Workloads.Of(order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, pipeline.Wait("workload: %v", err)
	}
	settings := c.settings()
	datasets, err := windowOf(ctx, session.Ledger(), order, settings)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	params := workload.CombineParams{MaxRepeat: settings.MaxRepeat, HoldoutFraction: settings.HoldoutFraction}
	if settings.MaxSamples != off {
		params.MaxSamples = int(settings.MaxSamples)
	}
	var inputs []jobs.Input
	for _, source := range datasets.sources {
		inputs = append(inputs, pipeline.Input(source.DatasetID, source.Dataset))
		params.Datasets = append(params.Datasets, workload.CombineSource{Input: source.DatasetID, Weight: source.weight})
	}
	return pipeline.Job(w, workload.Combine, pipeline.JobOptions{
		Params: params, Inputs: inputs, SeedFrom: order.Stage + "/" + pipeline.IterationID(order.ConfigKey, order.Iteration),
	})
}

// failedBefore says whether an attempt before this one has failed, and not for an input that was lost.
func failedBefore(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (bool, error) {
	all, err := l.StagesOf(ctx, order.ConfigKey, order.Iteration)
	return slices.ContainsFunc(all, func(one ledger.Stage) bool {
		return one.Stage == order.Stage && one.State == ledger.StageFailed && one.ErrorClass != pipeline.ClassLost
	}), err
}

// Without implements pipeline.Choosing: another window has other datasets before the iteration's own.
func (c *combining) Without(ledger.Stage, jobs.Input) (spec.Stage, bool) { return "", true }

// Unmet implements pipeline.Unmet: what is too little to mix is passed through, and TRAINING says whether it is enough.
func (c *combining) Unmet(ctx context.Context, session *ledger.Session, order ledger.Stage, jobID, reason string) (any, []bus.Payload, error) {
	newest, err := latest(ctx, session.Ledger(), order)
	if err != nil {
		return nil, nil, err
	}
	passed := asItIs(newest)
	passed.Reason, passed.JobID = reason, jobID
	return passed, []bus.Payload{complete(order, passed)}, nil
}

// asItIs is the iteration's own export, passed through.
func asItIs(newest pipeline.Exported) pipeline.Combined {
	return pipeline.Combined{
		DatasetID: newest.DatasetID, Dataset: newest.Dataset, Samples: newest.Samples,
		Sources: map[string]int64{newest.DatasetID: newest.Samples}, PassedThrough: true,
	}
}

func complete(order ledger.Stage, c pipeline.Combined) bus.Payload {
	return bus.NPZCombinationComplete{
		StageWork: pipeline.WorkOf(order, c.JobID), DatasetID: c.DatasetID, OutputPath: c.Dataset.Place.String(), TotalSamples: c.Samples,
		SamplesBySource: c.Sources, Skipped: c.Skipped, PassedThrough: c.PassedThrough,
	}
}

// Began implements pipeline.Teller.
func (c *combining) Began(order ledger.Stage, job ledger.Job) (bus.Payload, error) {
	request, err := pipeline.RequestOf(job)
	return bus.NPZCombinationStarted{StageWork: pipeline.WorkOf(order, job.ID), Sources: len(request.Inputs)}, err
}

// Failed implements pipeline.Teller.
func (c *combining) Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload {
	return bus.NPZCombinationFailed{StageFailure: pipeline.Failure(order, job, class, reason)}
}
