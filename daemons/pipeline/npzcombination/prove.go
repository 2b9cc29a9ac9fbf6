package npzcombination

import (
	"context"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Finish implements pipeline.Work.
func (c *combining) Finish(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (any, []bus.Payload, error) {
	metrics, err := pipeline.MetricsOf[workload.CombineMetrics](report)
	if err != nil {
		return nil, nil, err
	}
	given, skipped, err := c.given(ctx, session.Ledger(), order, report.JobID)
	if err != nil {
		return nil, nil, err
	}
	if err := prove(metrics, given); err != nil {
		return nil, nil, err
	}
	combined := pipeline.Combined{
		Samples: metrics.Samples, Sources: metrics.SamplesBySource, Skipped: append(skipped, metrics.Skipped...), JobID: report.JobID,
	}
	if combined.Dataset, err = holding(report, workload.RoleDataset, metrics.Samples); err != nil {
		return nil, nil, err
	}
	combined.DatasetID = pipeline.FileID(combined.Dataset)
	if metrics.HoldoutSamples > 0 {
		holdout, err := holding(report, workload.RoleHoldout, metrics.HoldoutSamples)
		if err != nil {
			return nil, nil, err
		}
		combined.Holdout = &holdout
	}
	return combined, []bus.Payload{complete(order, combined)}, nil
}

// given are the ids of the datasets that a job has read, the newest first, and those of the window that it has not. The
// job counts: settings may have changed since.
func (c *combining) given(ctx context.Context, l *ledger.Ledger, order ledger.Stage, jobID string) (ids, skipped []string, err error) {
	job, err := l.Job(ctx, jobID)
	if err != nil {
		return nil, nil, err
	}
	request, err := pipeline.RequestOf(job)
	if err != nil {
		return nil, nil, err
	}
	for _, input := range request.Inputs {
		ids = append(ids, input.Name)
	}
	datasets, err := windowOf(ctx, l, order, c.settings())
	for _, one := range datasets.skipped {
		if id, _, _ := strings.Cut(one, " "); !slices.Contains(ids, id) {
			skipped = append(skipped, one)
		}
	}
	return ids, skipped, err
}

// prove compares what a combination says with the datasets that it was given. One that could not use the newest is of no
// use: nothing would be learned from this iteration.
func prove(said workload.CombineMetrics, given []string) error {
	if said.Samples <= 0 || said.HoldoutSamples < 0 {
		return pipeline.Fault("no_samples", "the combination has made %d samples, and holds %d out", said.Samples, said.HoldoutSamples)
	}
	for id, samples := range said.SamplesBySource {
		if !slices.Contains(given, id) || samples < 0 {
			return pipeline.Fault("bad_result", "the combination reports %d samples of %q, and was given %q", samples, id, given)
		}
	}
	for _, skipped := range said.Skipped {
		if strings.Contains(skipped, given[0]) {
			return pipeline.Fault("newest_unusable", "the newest dataset could not be used: %s", skipped)
		}
	}
	return nil
}

// holding is the file of a role, if it says that it has so many samples.
func holding(report jobs.Report, role workload.Role, samples int64) (jobs.Output, error) {
	file, err := pipeline.OutputOf(report, role)
	if err == nil && (file.Records == nil || *file.Records != samples) {
		err = pipeline.Fault("bad_result", "the combination reports %d samples for its %s, and the file does not say as many", samples, role)
	}
	return file, err
}
