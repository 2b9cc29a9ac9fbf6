package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

type object = map[string]any

// Each param that cannot be used is refused with exit code 10 and named.
func TestBadParamsAreRefusedByName(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	m := r.do(order{command: workload.Init, params: object{}}).as("m", workload.RoleModel)
	games := r.do(order{command: workload.Selfplay, params: object{"games": 4}}).as("g", workload.RoleGames)
	inputs := []workload.Input{m, games}
	against := []object{{"baseline": "random", "games": 2}}
	for _, one := range []struct {
		command workload.Command
		params  object
		says    string
	}{
		{workload.Init, object{"size": 3}, "size"},
		{workload.Init, object{"architecture": "transformer"}, "architecture"},
		{workload.Selfplay, object{}, "games"},
		{workload.Selfplay, object{"games": -3}, "games"},
		{workload.Selfplay, object{"games": 4, "search_budget": 99999}, "search_budget"},
		{workload.Selfplay, object{"games": 4, "engine_mode": "magic"}, "engine_mode"},
		{workload.Selfplay, object{"games": 4, "model": "nobody"}, "nobody"},
		{workload.Selfplay, object{"games": 4, "model": "g"}, "role"},
		{workload.Selfplay, object{"games": 4, "temperature": 11}, "temperature"},
		{workload.Selfplay, object{"games": 4, "exploration": 2}, "exploration"},
		{workload.Selfplay, object{"games": 4, "opening_plies": 99}, "opening_plies"},
		{workload.Selfplay, object{"games": 4, "max_moves": -1}, "max_moves"},
		{workload.Selfplay, object{"games": 4, "opponents": []object{{"baseline": "random", "share": 1.5}}}, "opponents"},
		{workload.Selfplay, object{"games": 4, "opponents": []object{{"baseline": "alphago", "share": 1}}}, "baseline"},
		{workload.Selfplay, object{"games": 4, "opponents": []object{{"baseline": "random", "model": "m", "share": 1}}}, "opponents"},
		{workload.Inspect, object{"file": "g", "verify": 2}, "verify"},
		{workload.Inspect, object{"file": "g", "since": "yesterday"}, "since"},
		{workload.Merge, object{"games": []string{}}, "games"},
		{workload.Export, object{"games": []string{"g"}, "encoder_version": "other"}, "encoder_version"},
		{workload.Export, object{"games": []string{"g"}, "max_samples": -1}, "max_samples"},
		{workload.Combine, object{"datasets": []object{}}, "datasets"},
		{workload.Combine, object{"datasets": []object{{"input": "g", "weight": -1}}}, "weight"},
		{workload.Combine, object{"datasets": []object{{"input": "g"}}, "holdout_fraction": 1}, "holdout_fraction"},
		{workload.Train, object{"dataset": "g"}, "role"},
		{workload.Train, object{"dataset": "g", "lr": -1}, "lr"},
		{workload.Train, object{"dataset": "g", "epochs": -1}, "epochs"},
		{workload.Train, object{"dataset": "g", "lr_schedule": "stairs"}, "lr_schedule"},
		{workload.Evaluate, object{"model": "m", "opponents": []object{}}, "opponents"},
		{workload.Evaluate, object{"model": "m", "opponents": []object{{"baseline": "random", "games": 0}}}, "games"},
		{workload.Evaluate, object{"model": "m", "opponents": against, "harness": "none"}, "harness"},
		{workload.Evaluate, object{"model": "m", "opponents": against, "stop_rule": object{"elo0": 5, "elo1": 0, "alpha": 0.05, "beta": 0.05}}, "stop_rule"},
		{workload.Match, object{"participants": []object{{"id": "a"}}, "pairings": [][]string{{"a", "b"}}, "games_per_pair": 2}, "\"b\""},
		{workload.Match, object{"participants": []object{{"id": "a"}, {"id": "a"}}, "pairings": [][]string{{"a", "a"}}, "games_per_pair": 2}, "participants.id"},
		{workload.Match, object{"participants": []object{{"id": "a"}}, "pairings": [][]string{{"a", "a"}}, "games_per_pair": 2, "seats": "fixed"}, "seats"},
		{workload.Loss, object{"model": "m", "dataset": "g", "first": -1}, "first"},
		{workload.Distill, object{"teacher": "m", "positions": "g", "alpha": 3}, "alpha"},
		{workload.Distill, object{"teacher": "m", "positions": "g", "student": object{"depth": 3}}, "depth"},
	} {
		said := r.refused(workload.ExitBadRequest, order{command: one.command, params: one.params, inputs: inputs})
		require.Contains(t, said, one.says, "%s %v", one.command, one.params)
	}
	r.config = "chess_2p"
	require.Contains(t, r.refused(workload.ExitBadRequest, order{command: workload.Init, params: object{}}), "chess_2p")
}

// Whatever the command, an input that is cut short ends with 11, also when its declared hash is that of what is left.
func TestDamagedInputsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	m := r.do(order{command: workload.Init, params: object{}}).as("m", workload.RoleModel)
	games := r.do(order{command: workload.Selfplay, params: object{"games": 20}}).as("g", workload.RoleGames)
	data := r.do(order{command: workload.Export, inputs: []workload.Input{games}, params: object{"games": []string{"g"}}}).as("d", workload.RoleDataset)
	for _, one := range []struct {
		command workload.Command
		params  object
		inputs  []workload.Input // the first one is damaged
	}{
		{workload.Selfplay, object{"games": 2, "model": "m"}, []workload.Input{m}},
		{workload.Inspect, object{"file": "m"}, []workload.Input{m}},
		{workload.Inspect, object{"file": "g"}, []workload.Input{games}},
		{workload.Inspect, object{"file": "d"}, []workload.Input{data}},
		{workload.Validate, object{"games": "g"}, []workload.Input{games}},
		{workload.Merge, object{"games": []string{"g"}}, []workload.Input{games}},
		{workload.Export, object{"games": []string{"g"}}, []workload.Input{games}},
		{workload.Combine, object{"datasets": []object{{"input": "d"}}}, []workload.Input{data}},
		{workload.Train, object{"dataset": "d"}, []workload.Input{data}},
		{workload.Train, object{"dataset": "d", "parent": "m"}, []workload.Input{m, data}},
		{workload.Evaluate, object{"model": "m", "opponents": []object{{"baseline": "random", "games": 2}}}, []workload.Input{m}},
		{workload.Loss, object{"model": "m", "dataset": "d"}, []workload.Input{data, m}},
		{workload.Distill, object{"teacher": "m", "positions": "d"}, []workload.Input{data, m}},
	} {
		for _, honest := range []bool{false, true} {
			damaged := cut(t, one.inputs[0], honest)
			inputs := append([]workload.Input{damaged}, one.inputs[1:]...)
			r.refused(workload.ExitBadInput, order{command: one.command, params: one.params, inputs: inputs})
		}
		replaced := append([]workload.Input(nil), one.inputs...)
		replaced[0].SHA256 = m.SHA256[32:] + m.SHA256[:32] // as if another file had been meant
		r.refused(workload.ExitBadInput, order{command: one.command, params: one.params, inputs: replaced})
		gone := append([]workload.Input(nil), one.inputs...)
		gone[0].Path += ".gone"
		r.refused(workload.ExitBadInput, order{command: one.command, params: one.params, inputs: gone})
	}
}

// cut copies the first half of an input; an honest one declares the hash of what is left.
func cut(t *testing.T, whole workload.Input, honest bool) workload.Input {
	t.Helper()
	data, err := os.ReadFile(whole.Path)
	require.NoError(t, err)
	half := whole
	half.Path = filepath.Join(t.TempDir(), "half")
	require.NoError(t, os.WriteFile(half.Path, data[:len(data)/2], 0o600))
	if honest {
		half = fileInput(t, whole.Name, whole.Role, half.Path)
	}
	return half
}

func TestTooLittleDataWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	games := r.do(order{command: workload.Selfplay, params: object{"games": 1}}).as("g", workload.RoleGames)
	inputs := []workload.Input{games}
	for _, filter := range []object{{"min_moves": 26}, {"since": time.Now().Format(time.RFC3339)}} {
		r.refused(workload.ExitPrecondition, order{command: workload.Export, inputs: inputs, params: object{"games": []string{"g"}, "filters": filter}})
	}
	data := r.do(order{command: workload.Export, inputs: inputs, params: object{"games": []string{"g"}}}).as("d", workload.RoleDataset)
	r.refused(workload.ExitPrecondition, order{command: workload.Train, inputs: []workload.Input{data}, params: object{"dataset": "d"}})
}

// What belongs to another game is not taken for this one.
func TestOtherGamesAreNotMixedIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_3p")
	m := r.do(order{command: workload.Init, params: object{}}).as("m", workload.RoleModel)
	games := r.do(order{command: workload.Selfplay, params: object{"games": 10}}).as("g", workload.RoleGames)
	data := r.do(order{command: workload.Export, inputs: []workload.Input{games}, params: object{"games": []string{"g"}}}).as("other", workload.RoleDataset)
	r.config = "sq5_2p"
	r.refused(workload.ExitBadInput, order{command: workload.Selfplay, inputs: []workload.Input{m}, params: object{"games": 1, "model": "m"}})
	r.refused(workload.ExitBadInput, order{command: workload.Train, inputs: []workload.Input{data}, params: object{"dataset": "other"}})
	r.refused(workload.ExitPrecondition, order{command: workload.Combine, inputs: []workload.Input{data}, params: object{"datasets": []object{{"input": "other"}}}})
	merged := r.do(order{command: workload.Merge, inputs: []workload.Input{games}, params: object{"games": []string{"g"}}})
	require.Equal(t, workload.MergeMetrics{Invalid: 10}, metrics[workload.MergeMetrics](merged))
	own := r.do(order{command: workload.Selfplay, params: object{"games": 10}}).as("g", workload.RoleGames)
	mine := r.do(order{command: workload.Export, inputs: []workload.Input{own}, params: object{"games": []string{"g"}}}).as("mine", workload.RoleDataset)
	mixed := r.do(order{command: workload.Combine, inputs: []workload.Input{data, mine}, params: object{"datasets": []object{{"input": "other"}, {"input": "mine"}}}})
	told := metrics[workload.CombineMetrics](mixed)
	require.Len(t, told.Skipped, 1)
	require.Contains(t, told.Skipped[0], "other")
	require.NotContains(t, told.SamplesBySource, "other")
}
