package pipeline

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// CanonicalModel returns the canonical model of a configuration, or ledger.ErrNotFound.
func CanonicalModel(ctx context.Context, l *ledger.Ledger, configKey string) (ledger.Model, error) {
	pointer, err := l.Pointer(ctx, configKey, ledger.Canonical)
	if err != nil {
		return ledger.Model{}, err
	}
	return l.Model(ctx, pointer.ModelID)
}

// places are how many moves of a pointer, the newest, are looked through.
const places = 100

// Fallback is the last model that was in production before the one that is there now, and is not in quarantine; empty:
// there is none.
func Fallback(ctx context.Context, l *ledger.Ledger, configKey, now string) (string, error) {
	history, err := l.PointerHistory(ctx, configKey, ledger.Production, ledger.Page{Limit: places})
	if err != nil {
		return "", err
	}
	looked := map[string]bool{now: true}
	for _, move := range history.Items {
		if looked[move.ModelID] {
			continue
		}
		looked[move.ModelID] = true
		quarantined, err := Quarantined(ctx, l, move.ModelID)
		if err != nil || !quarantined {
			return move.ModelID, err
		}
	}
	return "", nil
}

// ModelFile is where the file of a model lies on nodes that have it, or ledger.ErrNotFound.
func ModelFile(ctx context.Context, l *ledger.Ledger, model ledger.Model) (jobs.Output, error) {
	item, err := l.Item(ctx, model.SHA256)
	if err != nil {
		return jobs.Output{}, fmt.Errorf("file of model %s: %w", model.ID, err)
	}
	sum, err := data.ParseSum(model.SHA256)
	if err != nil {
		return jobs.Output{}, fmt.Errorf("file of model %s: %w", model.ID, err)
	}
	place := data.Place{Role: data.RoleModel, Name: item.Name}
	return jobs.Output{Role: workload.RoleModel, Place: place, SHA256: sum, Bytes: item.Bytes}, nil
}

// ModelInput makes a model of the ledger an input of a job, under the name by which its params call it.
func ModelInput(ctx context.Context, l *ledger.Ledger, name string, model ledger.Model) (jobs.Input, error) {
	file, err := ModelFile(ctx, l, model)
	return Input(name, file), err
}

// InputOf returns an input of a request by its name.
func InputOf(request jobs.Request, name string) (jobs.Input, bool) {
	for _, input := range request.Inputs {
		if input.Name == name {
			return input, true
		}
	}
	return jobs.Input{}, false
}

// InputID is the id of the model or dataset that an input is; empty if there is no such input.
func InputID(request jobs.Request, name string) string {
	input, found := InputOf(request, name)
	if !found {
		return ""
	}
	return input.SHA256.String()[:idDigits]
}
