package pipeline

import (
	"context"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// ModelInput makes a model of the ledger an input of a job, under the name by which its params call it.
func ModelInput(ctx context.Context, l *ledger.Ledger, name string, model ledger.Model) (jobs.Input, error) {
	item, err := l.Item(ctx, model.SHA256)
	if err != nil {
		return jobs.Input{}, err
	}
	sum, err := data.ParseSum(model.SHA256)
	if err != nil {
		return jobs.Input{}, err
	}
	return jobs.Input{
		Name: name, Role: workload.RoleModel, SHA256: sum, Bytes: item.Bytes,
		Place: data.Place{Role: data.RoleModel, Name: item.Name},
	}, nil
}

// CanonicalModel returns the canonical model of a configuration, or ledger.ErrNotFound.
func CanonicalModel(ctx context.Context, l *ledger.Ledger, configKey string) (ledger.Model, error) {
	pointer, err := l.Pointer(ctx, configKey, ledger.Canonical)
	if err != nil {
		return ledger.Model{}, err
	}
	return l.Model(ctx, pointer.ModelID)
}
