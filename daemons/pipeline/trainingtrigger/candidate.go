package trainingtrigger

import (
	"context"
	"errors"
	"math"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Finish implements pipeline.Work.
func (t *training) Finish(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (any, []bus.Payload, error) {
	job, err := session.Ledger().Job(ctx, report.JobID)
	if err != nil {
		return nil, nil, err
	}
	run, err := runOf(order, job)
	if err != nil {
		return nil, nil, err
	}
	model, metrics, err := prove(job, report)
	if err != nil {
		return nil, nil, err
	}
	combined, err := pipeline.Result[pipeline.Combined](ctx, session.Ledger(), order.ConfigKey, order.Iteration, spec.StageCombining)
	if err != nil {
		return nil, nil, err
	}
	if err := t.register(ctx, session, order, run, model); err != nil {
		return nil, nil, err
	}
	trained := pipeline.Trained{
		ModelID: pipeline.FileID(model), Model: model, ParentID: run.ParentModelID, DatasetID: run.DatasetID, PlanVersion: run.PlanVersion,
		Metrics: report.Metrics, JobID: report.JobID,
	}
	return trained, []bus.Payload{bus.TrainingCompleted{
		TrainingRun: run, ModelID: trained.ModelID, ModelPath: model.Place.String(), SHA256: model.SHA256.String(),
		EpochsCompleted: metrics.EpochsCompleted, EarlyStopped: metrics.EarlyStopped, FinalTrainLoss: metrics.TrainLossEnd,
		FinalValLoss: metrics.ValLossEnd, PolicyAccuracy: metrics.PolicyAccuracy, TrainingSamples: combined.Samples,
		DurationSeconds: report.Ended.Sub(report.Started).Seconds(),
	}}, nil
}

// prove says whether a run has made another model than its parent, with numbers that are numbers.
func prove(job ledger.Job, report jobs.Report) (jobs.Output, workload.TrainMetrics, error) {
	metrics, err := pipeline.MetricsOf[workload.TrainMetrics](report)
	if err != nil {
		return jobs.Output{}, metrics, err
	}
	request, err := pipeline.RequestOf(job)
	if err != nil {
		return jobs.Output{}, metrics, err
	}
	model, err := pipeline.OutputOf(report, workload.RoleModel)
	if err != nil {
		return model, metrics, err
	}
	_, held := pipeline.InputOf(request, inputHoldout)
	parent, _ := pipeline.InputOf(request, inputParent)
	switch {
	case model.SHA256 == parent.SHA256:
		return model, metrics, pipeline.Fault("unchanged", "the model of job %s is its parent %s", job.ID, pipeline.FileID(model))
	case !metrics.Finite || !finite(&metrics.TrainLossStart, &metrics.TrainLossEnd, metrics.ValLossStart, metrics.ValLossEnd):
		return model, metrics, pipeline.Fault(pipeline.ClassDiverged, "job %s reports numbers that are not finite", job.ID)
	case held && metrics.ValLossEnd == nil:
		return model, metrics, pipeline.Fault("bad_result", "job %s was given a holdout and reports no loss on it", job.ID)
	}
	return model, metrics, nil
}

// finite is about those that are there.
func finite(values ...*float64) bool {
	for _, value := range values {
		if value != nil && (math.IsNaN(*value) || math.IsInf(*value, 0)) {
			return false
		}
	}
	return true
}

// register records the candidate.
func (t *training) register(ctx context.Context, session *ledger.Session, order ledger.Stage, run bus.TrainingRun, model jobs.Output) error {
	w, _, err := t.workloads.Of(order.ConfigKey)
	if err != nil {
		return pipeline.Wait("workload: %v", err)
	}
	_, err = session.AddModel(ctx, ledger.Model{
		SHA256: model.SHA256.String(), ConfigKey: order.ConfigKey, Kind: w.Manifest.Formats.Model, Bytes: model.Bytes,
		Parents: []string{run.ParentModelID}, RunID: run.RunID, Iteration: order.Iteration,
		Workload: w.Manifest.Name, WorkloadVersion: w.Manifest.Version,
	})
	if errors.Is(err, ledger.ErrConflict) {
		return pipeline.Fault("conflict", "%v", err)
	}
	return err
}
