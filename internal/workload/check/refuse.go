package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/workload"
)

// badRequest asks for what no workload may accept.
func badRequest(ctx context.Context, k *kit) error {
	type odd struct {
		Games   any    `json:"games"`
		Unknown string `json:"no_such_param,omitempty"`
		Model   string `json:"model,omitempty"`
	}
	requests := []struct {
		what string
		spec spec
	}{
		{"a param that does not exist", spec{command: workload.Selfplay, params: odd{Games: 2, Unknown: "x"}}},
		{"a text instead of a number", spec{command: workload.Selfplay, params: odd{Games: "many"}}},
		{"an input that the request does not have", spec{command: workload.Selfplay, params: odd{Games: 2, Model: "nowhere"}}},
		{"a configuration that the manifest does not have", spec{command: workload.Init, params: workload.InitParams{}, config: "nowhere_2p"}},
	}
	for _, request := range requests {
		if err := k.expect(ctx, request.spec, workload.ExitBadRequest); err != nil {
			return fmt.Errorf("%s: %w", request.what, err)
		}
	}
	return nil
}

// inputMissing names an input that is not there.
func inputMissing(ctx context.Context, k *kit) error {
	gone := workload.Input{Name: "games", Role: workload.RoleGames, Path: filepath.Join(k.options.Folder, "nowhere.db"), SHA256: fmt.Sprintf("%064d", 0)}
	export := spec{command: workload.Export, inputs: []workload.Input{gone}, params: workload.ExportParams{Games: []string{gone.Name}}}
	return k.expect(ctx, export, workload.ExitBadInput)
}

// inputTruncated cuts each kind of file in half. The hash in the request is that of the half, so that only
// the file's own form can tell.
func inputTruncated(ctx context.Context, k *kit) error {
	for _, one := range []struct {
		get func(context.Context) (workload.Input, error)
		use func(workload.Input) []spec
	}{
		{k.games, k.usesOfGames}, {k.dataset, k.usesOfDataset}, {k.trained, k.usesOfModel},
	} {
		whole, err := one.get(ctx)
		if err != nil {
			return blocked(err)
		}
		half, err := k.half(whole)
		if err != nil {
			return err
		}
		for _, use := range one.use(half) {
			if err := k.expect(ctx, use, workload.ExitBadInput); err != nil {
				return fmt.Errorf("half a %s file: %w", whole.Role, err)
			}
		}
	}
	return nil
}

func (k *kit) usesOfGames(games workload.Input) []spec {
	return []spec{
		k.inspectSpec(games),
		{command: workload.Export, inputs: []workload.Input{games}, params: workload.ExportParams{Games: []string{games.Name}}},
	}
}

func (k *kit) usesOfDataset(dataset workload.Input) []spec {
	return []spec{
		k.inspectSpec(dataset),
		{command: workload.Train, inputs: []workload.Input{dataset}, params: workload.TrainParams{Dataset: dataset.Name}},
	}
}

func (k *kit) usesOfModel(model workload.Input) []spec {
	return []spec{{command: workload.Selfplay, inputs: []workload.Input{model}, params: workload.SelfplayParams{Games: 2, Model: model.Name}}}
}

// half returns the first half of an input as an input.
func (k *kit) half(whole workload.Input) (workload.Input, error) {
	contents, err := os.ReadFile(whole.Path)
	if err != nil {
		return workload.Input{}, err
	}
	path := filepath.Join(k.options.Folder, "half-"+filepath.Base(whole.Path))
	if err := os.WriteFile(path, contents[:len(contents)/2], 0o644); err != nil {
		return workload.Input{}, err
	}
	return k.keep(whole.Name, whole.Role, path)
}

// tooLittleData asks for samples of games that are longer than any.
func tooLittleData(ctx context.Context, k *kit) error {
	games, err := k.games(ctx)
	if err != nil {
		return blocked(err)
	}
	params := workload.ExportParams{Games: []string{games.Name}, Filters: workload.ExportFilters{MinMoves: 1_000_000}}
	return k.expect(ctx, spec{command: workload.Export, inputs: []workload.Input{games}, params: params}, workload.ExitPrecondition)
}

// readOnlyOutput gives a command an output folder in which nothing can be made.
func readOnlyOutput(ctx context.Context, k *kit) error {
	s := spec{command: workload.Init, params: workload.InitParams{}, unwatched: true, prepare: refuseWrites}
	return k.expect(ctx, s, workload.ExitTransient, workload.ExitDiskFull)
}

// refuseWrites makes an attempt's output folder one in which nothing can be made, not even by root, who is
// not bound by permissions: a folder of the kernel's.
func refuseWrites(attempt *workload.Attempt) error {
	if os.Geteuid() != 0 {
		return os.Chmod(attempt.Request.OutputDir, 0o555)
	}
	return errors.Join(os.Remove(attempt.Request.OutputDir), os.Symlink("/sys/kernel", attempt.Request.OutputDir))
}
