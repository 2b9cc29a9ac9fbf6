package autopromotion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// verdictBootstrap is that of the decision about a configuration's first model, which nobody has to beat.
const verdictBootstrap = "bootstrap"

// initialising is the work of the stage INITIALISING.
type initialising struct {
	workloads workload.Set
	settings  func() Settings
}

var (
	_ pipeline.Work   = (*initialising)(nil)
	_ pipeline.Teller = (*initialising)(nil)
)

// bootstrap is what the decision about a first model was taken from.
type bootstrap struct {
	Iteration       int64  `json:"iteration"`
	ModelID         string `json:"model_id"`
	Workload        string `json:"workload"`
	WorkloadVersion string `json:"workload_version"`
	JobID           string `json:"job_id"`
}

// Prepare implements pipeline.Work.
func (i *initialising) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	canonical, err := pipeline.CanonicalModel(ctx, session.Ledger(), order.ConfigKey)
	switch {
	case err == nil:
		trained, err := made(ctx, session.Ledger(), canonical)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		return ledger.JobSpec{}, pipeline.Done(trained)
	case !errors.Is(err, ledger.ErrNotFound):
		return ledger.JobSpec{}, err
	}
	w, _, err := i.workloads.Of(order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, pipeline.Wait("workload: %v", err)
	}
	return pipeline.Job(w, workload.Init, pipeline.JobOptions{
		Params: workload.InitParams{Architecture: i.settings().Architecture}, SeedFrom: pipeline.JobKey(order),
	})
}

// made is what the stage leaves: the model that is canonical, whoever has made it.
func made(ctx context.Context, l *ledger.Ledger, model ledger.Model) (pipeline.Trained, error) {
	file, err := pipeline.ModelFile(ctx, l, model)
	return pipeline.Trained{ModelID: model.ID, Model: file, JobID: model.RunID}, err
}

// Finish implements pipeline.Work.
func (i *initialising) Finish(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (any, []bus.Payload, error) {
	w, _, err := i.workloads.Of(order.ConfigKey)
	if err != nil {
		return nil, nil, pipeline.Wait("workload: %v", err)
	}
	file, err := pipeline.OutputOf(report, workload.RoleModel)
	if err != nil {
		return nil, nil, err
	}
	model, err := session.AddModel(ctx, ledger.Model{
		SHA256: file.SHA256.String(), ConfigKey: order.ConfigKey, Kind: w.Manifest.Formats.Model, Bytes: file.Bytes, RunID: report.JobID,
		Iteration: order.Iteration, Workload: w.Manifest.Name, WorkloadVersion: w.Manifest.Version,
	})
	if errors.Is(err, ledger.ErrConflict) {
		return nil, nil, pipeline.Fault("conflict", "%v", err)
	}
	if err != nil {
		return nil, nil, err
	}
	decided, err := install(ctx, session, order, model)
	if err != nil {
		return nil, nil, err
	}
	canonical, err := session.Ledger().Pointer(ctx, order.ConfigKey, ledger.Canonical)
	if err != nil {
		return nil, nil, err
	}
	if model, err = session.Ledger().Model(ctx, canonical.ModelID); err != nil {
		return nil, nil, err
	}
	trained, err := made(ctx, session.Ledger(), model)
	if err != nil || canonical.DecisionID != decided.Key {
		return trained, nil, err // somebody else was first
	}
	told := bus.ModelPromoted{Promotion: promotionOf(decided, canonical.ModelID, ""), SHA256: trained.Model.SHA256.String(), Stage: string(ledger.Canonical)}
	return trained, []bus.Payload{told}, nil
}

// install makes a model the first canonical one, unless there is one.
func install(ctx context.Context, session *ledger.Session, order ledger.Stage, model ledger.Model) (ledger.Decision, error) {
	by := bootstrap{order.Iteration, model.ID, model.Workload, model.WorkloadVersion, model.RunID}
	inputs, err := json.Marshal(by)
	if err != nil {
		return ledger.Decision{}, fmt.Errorf("encode the decision about the first model of %s: %w", order.ConfigKey, err)
	}
	decided, _, err := session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionPromotion, Key: verdictBootstrap + "/" + order.ConfigKey, ConfigKey: order.ConfigKey, Inputs: inputs,
		Verdict: verdictBootstrap, Reason: "the configuration had no canonical model",
	})
	if err != nil {
		return decided, err
	}
	if err := json.Unmarshal(decided.Inputs, &by); err != nil { // an attempt before may have made another one
		return decided, fmt.Errorf("read decision %s: %w", decided.Key, err)
	}
	_, err = session.MovePointers(ctx, ledger.PointerMove{
		ConfigKey: order.ConfigKey, Name: ledger.Canonical, ModelID: by.ModelID, DecisionID: decided.Key, Reason: decided.Reason,
	})
	if errors.Is(err, ledger.ErrConflict) {
		err = nil // there is one
	}
	return decided, err
}

// Began implements pipeline.Teller; WORK_QUEUED tells enough.
func (i *initialising) Began(ledger.Stage, ledger.Job) (bus.Payload, error) { return nil, nil }

// Failed implements pipeline.Teller.
func (i *initialising) Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload {
	return bus.PromotionFailed{StageFailure: pipeline.Failure(order, job, class, reason)}
}
