package pipelinetest

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Bootstrap makes generation 0 canonical, in the name of INITIALISING.
func (r *Rig) Bootstrap(config string) ledger.Model {
	r.Helper()
	report := r.Do(config, workload.Init, workload.InitParams{})
	model := r.Register(config, r.Left(report, workload.RoleModel), report.JobID)
	_, err := r.Session.MovePointers(r.Context(), ledger.PointerMove{
		ConfigKey: config, Name: ledger.Canonical, ModelID: model.ID, DecisionID: "bootstrap/" + config,
	})
	require.NoError(r, err)
	return model
}

// Forge puts a model's file of a test's own on node-1 and into the ledger.
func (r *Rig) Forge(config string, content []byte) ledger.Model {
	r.Helper()
	path := filepath.Join(r.TempDir(), "model")
	require.NoError(r, os.WriteFile(path, content, 0o600))
	item, err := r.Node.Files.AddFile(r.Context(), path, data.RoleModel, func(content data.Content) string {
		return filepath.Join(config, content.SHA256.String()+".json")
	})
	require.NoError(r, err)
	sum := item.SHA256.String()
	_, err = r.Session.AddItem(r.Context(), ledger.Item{
		SHA256: sum, Role: jobs.ItemRole(item.Role), Name: item.Name, ConfigKey: config, Bytes: item.Bytes,
	})
	require.NoError(r, err)
	r.Holds(sum, jobs.HolderPath(item.Place), ledger.CopyVerified)
	return r.Register(config, jobs.Output{SHA256: item.SHA256, Bytes: item.Bytes}, "forged")
}

// Holds has node-1 say what has become of a copy of a file.
func (r *Rig) Holds(sha256, path string, state ledger.HolderState) {
	r.Helper()
	require.NoError(r, r.Session.ReportHoldings(r.Context(), r.Node.Name, []ledger.Holder{{SHA256: sha256, Path: path, State: state}}))
}

// Lack takes the file of a model away from node-1, which says so.
func (r *Rig) Lack(id string) {
	r.Helper()
	file := r.Model(id)
	require.NoError(r, os.Remove(r.Path(file)))
	r.Holds(file.SHA256.String(), jobs.HolderPath(file.Place), ledger.CopyGone)
}

// Candidate says that a model is what TRAINING of an iteration has left.
func (r *Rig) Candidate(config string, iteration int64, id string) {
	r.Helper()
	r.FinishStage(config, iteration, spec.StageTraining, pipeline.Trained{
		ModelID: id, Model: r.Model(id), ParentID: r.Canonical(config).ModelID, Metrics: json.RawMessage(`{"finite":true}`),
	})
}

// Register records a model in the ledger.
func (r *Rig) Register(config string, file jobs.Output, run string, parents ...string) ledger.Model {
	r.Helper()
	return r.register(config, file, run, 0, parents...)
}

func (r *Rig) register(config string, file jobs.Output, run string, iteration int64, parents ...string) ledger.Model {
	r.Helper()
	model, err := r.Session.AddModel(r.Context(), ledger.Model{
		SHA256: file.SHA256.String(), ConfigKey: config, Kind: r.Mini.Manifest.Formats.Model, Bytes: file.Bytes, Parents: parents, RunID: run, Iteration: iteration,
		Workload: r.Mini.Manifest.Name, WorkloadVersion: r.Mini.Manifest.Version,
	})
	require.NoError(r, err)
	return model
}

// Model is the file of a model in the ledger.
func (r *Rig) Model(id string) jobs.Output {
	r.Helper()
	model, err := r.Ledger.Model(r.Context(), id)
	require.NoError(r, err)
	file, err := pipeline.ModelFile(r.Context(), r.Ledger, model)
	require.NoError(r, err)
	return file
}

// Canonical is the model that is canonical.
func (r *Rig) Canonical(config string) ledger.Pointer {
	r.Helper()
	pointer, err := r.Ledger.Pointer(r.Context(), config, ledger.Canonical)
	require.NoError(r, err)
	return pointer
}

// Combine has a model play games and makes a dataset and a holdout of them, as COMBINING of an iteration.
func (r *Rig) Combine(config string, iteration int64, model jobs.Output, games int) pipeline.Combined {
	r.Helper()
	played := r.Do(config, workload.Selfplay, workload.SelfplayParams{Games: games, Model: "model", SearchBudget: 24}, pipeline.Input("model", model))
	exported := r.Do(config, workload.Export, workload.ExportParams{Games: []string{"games"}}, pipeline.Input("games", r.Left(played, workload.RoleGames)))
	mixed := r.Do(config, workload.Combine, workload.CombineParams{Datasets: []workload.CombineSource{{Input: "dataset"}}, HoldoutFraction: 0.2},
		pipeline.Input("dataset", r.Left(exported, workload.RoleDataset)))
	dataset, holdout := r.Left(mixed, workload.RoleDataset), r.Left(mixed, workload.RoleHoldout)
	combined := pipeline.Combined{
		DatasetID: pipeline.FileID(dataset), Dataset: dataset, Holdout: &holdout, Samples: Metrics[workload.CombineMetrics](r, mixed).Samples,
		JobID: mixed.JobID,
	}
	r.FinishStage(config, iteration, spec.StageCombining, combined)
	return combined
}

// Train trains a candidate from the canonical model, as TRAINING of an iteration.
func (r *Rig) Train(config string, iteration int64, combined pipeline.Combined) pipeline.Trained {
	r.Helper()
	parent := r.Canonical(config).ModelID
	report := r.Do(config, workload.Train, workload.TrainParams{Dataset: "dataset", Holdout: "holdout", Parent: "parent"},
		pipeline.Input("dataset", combined.Dataset), pipeline.Input("holdout", *combined.Holdout), pipeline.Input("parent", r.Model(parent)))
	file := r.Left(report, workload.RoleModel)
	trained := pipeline.Trained{
		ModelID: r.register(config, file, report.JobID, iteration, parent).ID, Model: file, ParentID: parent, DatasetID: combined.DatasetID,
		Metrics: report.Metrics, JobID: report.JobID,
	}
	r.FinishStage(config, iteration, spec.StageTraining, trained)
	return trained
}

// Left is the only output of a report with a role.
func (r *Rig) Left(report jobs.Report, role workload.Role) jobs.Output {
	r.Helper()
	output, err := pipeline.OutputOf(report, role)
	require.NoError(r, err)
	return output
}
