package autoexport

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Finish implements pipeline.Work.
func (e *exporting) Finish(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (any, []bus.Payload, error) {
	metrics, err := pipeline.MetricsOf[workload.ExportMetrics](report)
	if err != nil {
		return nil, nil, err
	}
	dataset, err := pipeline.OutputOf(report, workload.RoleDataset)
	if err != nil {
		return nil, nil, err
	}
	given, err := pendingOf(ctx, session.Ledger(), order)
	if err != nil {
		return nil, nil, err
	}
	if given.games == 0 { // all of it has become corrupt meanwhile
		return nil, nil, pipeline.Fault("no_games", "none of the games that the export was given is left")
	}
	asked, err := paramsOf(ctx, session.Ledger(), report.JobID)
	if err != nil {
		return nil, nil, err
	}
	if err := prove(metrics, dataset, given.games, int64(asked.MaxSamples)); err != nil {
		return nil, nil, err
	}
	exported := pipeline.Exported{
		DatasetID: pipeline.FileID(dataset), Dataset: dataset, Samples: metrics.Samples, Games: metrics.Games,
		EncoderVersion: asked.EncoderVersion, Iterations: given.iterations, At: report.Ended, JobID: report.JobID, LeftOut: given.left,
	}
	return exported, append(pipeline.TellLeftOut(order, report.JobID, given.left), bus.NPZExportComplete{
		StageWork: pipeline.WorkOf(order, report.JobID), DatasetID: exported.DatasetID, OutputPath: dataset.Place.String(),
		SHA256: dataset.SHA256.String(), Samples: exported.Samples, GamesExported: exported.Games,
		CursorFrom: given.iterations[0], CursorTo: given.iterations[len(given.iterations)-1],
	}), nil
}

// prove compares what an export says with the games that it was given. Each is in the dataset or was left out, unless
// there was a limit of samples.
func prove(said workload.ExportMetrics, dataset jobs.Output, given, limit int64) error {
	switch {
	case said.Games > given:
		return pipeline.Fault("bad_result", "the export reports %d games, and was given %d", said.Games, given)
	case said.Games <= 0 || said.Samples <= 0:
		return pipeline.Fault("no_samples", "the export has made %d samples of %d games: %d were left out", said.Samples, said.Games, said.Skipped)
	case limit > 0 && said.Samples > limit:
		return pipeline.Fault("bad_result", "the export reports %d samples, and %d are the most", said.Samples, limit)
	case limit == 0 && said.Games+said.Skipped < given:
		return pipeline.Fault("bad_result", "the export reports %d games and %d left out, and was given %d", said.Games, said.Skipped, given)
	case dataset.Records == nil:
		return pipeline.Fault("bad_result", "the export does not say how many samples are in its file")
	case *dataset.Records != said.Samples:
		return pipeline.Fault("bad_result", "the export reports %d samples, and %d in its file", said.Samples, *dataset.Records)
	}
	return nil
}

// paramsOf are what the job was asked for: settings may have changed since.
func paramsOf(ctx context.Context, l *ledger.Ledger, jobID string) (params workload.ExportParams, err error) {
	job, err := l.Job(ctx, jobID)
	if err != nil {
		return params, err
	}
	request, err := pipeline.RequestOf(job)
	if err != nil {
		return params, err
	}
	if err := json.Unmarshal(request.Params, &params); err != nil {
		return params, fmt.Errorf("read the params of job %s: %w", jobID, err)
	}
	return params, nil
}
