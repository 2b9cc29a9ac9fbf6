package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// The manifest is the one source of what the code offers.
func TestManifestAgreesWithTheCode(t *testing.T) {
	t.Parallel()
	m, err := workload.ParseManifest(manifest)
	require.NoError(t, err)
	require.Equal(t, dataset.Encoder, m.EncoderVersion)
	require.Len(t, m.Configs, len(game.Keys()))
	for _, config := range m.Configs {
		rules, err := game.Lookup(config.Key)
		require.NoError(t, err)
		require.Equal(t, workload.Config{Key: rules.Key, Board: rules.Board, Players: rules.Players, Cells: len(rules.Cells),
			SizeClass: config.SizeClass, MeanGameSeconds: config.MeanGameSeconds}, config)
	}
	for _, command := range workload.Commands() {
		require.True(t, m.Has(command), command)
	}
	r := newRig(t, "sq5_2p")
	model := r.do(order{command: workload.Init, params: object{}}).as("m", workload.RoleModel)
	for _, harness := range m.Harnesses {
		for _, baseline := range m.Baselines {
			r.do(order{command: workload.Evaluate, inputs: []workload.Input{model}, params: object{"model": "m", "harness": harness.ID,
				"opponents": []object{{"baseline": baseline.ID, "games": 2}}}})
		}
	}
}

// The same request gives the same bytes on any number of threads, for every board.
func TestThreadsDoNotMatter(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		r := newRig(t, key)
		params := object{"games": 30, "search_budget": 24, "opponents": []object{{"baseline": "random", "share": 0.5}}}
		var outputs [][]workload.Output
		for _, cpus := range []int{1, 2, 5} {
			d := r.do(order{command: workload.Selfplay, job: "same", seed: 3, cpus: cpus, params: params})
			outputs = append(outputs, d.report.Result.Outputs)
		}
		require.Equal(t, outputs[0], outputs[1], key)
		require.Equal(t, outputs[0], outputs[2], key)
		other := r.do(order{command: workload.Selfplay, job: "same", seed: 4, params: params})
		require.NotEqual(t, outputs[0], other.report.Result.Outputs, key)
	}
}

// What self-play reports is what another code path counts in the games.
func TestReportsAreTrue(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		r := newRig(t, key)
		d := r.do(order{command: workload.Selfplay, params: object{"games": 40, "search_budget": 16}})
		told := metrics[workload.SelfplayMetrics](d)
		facts := r.inspected(d.as("g", workload.RoleGames))
		require.EqualValues(t, 40, facts.Verified, key)
		require.Len(t, facts.IDs, 40, key)
		for seat, wins := range facts.WinnersBySeat {
			require.EqualValues(t, told.WinnersBySeat[seat], wins, key)
		}
		require.InDelta(t, told.DrawRate*40, float64(*facts.Draws), 1e-9, key)
		exported := r.do(order{command: workload.Export, inputs: []workload.Input{d.as("g", workload.RoleGames)}, params: object{"games": []string{"g"}}})
		samples := metrics[workload.ExportMetrics](exported)
		require.Equal(t, told.Samples, samples.Samples, key)
		seen := r.inspected(exported.as("d", workload.RoleDataset))
		require.Equal(t, samples.Samples, seen.Records, key)
		require.EqualValues(t, 40, seen.Games, key)
		require.Equal(t, facts.IDs, seen.IDs, key)
		require.True(t, *seen.Finite, key)
		require.Equal(t, facts.RulesHash, seen.RulesHash, key)
	}
}

// With n players the model sits in each seat equally often, and its score by seat is that of the games.
func TestSeatsAreBalanced(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		r := newRig(t, key)
		rules, err := game.Lookup(key)
		require.NoError(t, err)
		m := r.do(order{command: workload.Init, params: object{}}).as("m", workload.RoleModel)
		d := r.do(order{command: workload.Evaluate, inputs: []workload.Input{m}, params: object{"model": "m",
			"opponents": []object{{"baseline": "random", "games": 25}}}})
		result := metrics[workload.EvaluateMetrics](d).PerOpponent[0]
		games := balanced(25, rules.Players)
		require.Equal(t, games, result.Games, key)
		for _, seat := range result.BySeat {
			require.Equal(t, games/rules.Players, seat.Games, key)
		}
		require.Greater(t, result.Wins, result.Losses/(rules.Players-1), "%s: search beats random", key)
		for _, who := range r.inspected(d.as("g", workload.RoleGames)).Participants {
			if who.ID == "m" {
				require.Equal(t, result.BySeat, who.BySeat, key)
			}
		}
	}
}

func TestMatchRotatesThreeThroughFourSeats(t *testing.T) {
	t.Parallel()
	r := newRig(t, "hex3_4p")
	d := r.do(order{command: workload.Match, params: object{
		"participants": []object{{"id": "a", "baseline": "heuristic"}, {"id": "b", "baseline": "random"}, {"id": "c"}},
		"pairings":     [][]string{{"a", "b", "c"}, {"c", "b"}}, "games_per_pair": 8,
	}})
	pairs := metrics[workload.MatchMetrics](d).Pairs
	require.Len(t, pairs, 2)
	facts := r.inspected(d.as("g", workload.RoleGames))
	require.EqualValues(t, 16, facts.Verified)
	for _, pair := range pairs {
		require.Equal(t, 8, pair.Games)
		for i, who := range pair.Participants {
			seats := 1 // of the four in each game; the last one of the pairing has what is left
			if i == len(pair.Pairing)-1 {
				seats = 5 - len(pair.Pairing)
			}
			for _, seat := range who.BySeat {
				require.Equal(t, 2*seats, seat.Games, "%v %s", pair.Pairing, who.ID)
			}
		}
	}
	for _, who := range facts.Participants {
		total := workload.Score{}
		for _, pair := range pairs {
			for _, told := range pair.Participants {
				if told.ID == who.ID {
					total.Games += told.Total().Games
					total.Wins += told.Total().Wins
				}
			}
		}
		require.Equal(t, total.Games, who.Total().Games, who.ID)
		require.Equal(t, total.Wins, who.Total().Wins, who.ID)
	}
}

// The sequential test ends a clear case early and lets an open one go on; what was played is what is counted.
func TestStopRuleEndsClearCases(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	m := r.do(order{command: workload.Init, params: object{}}).as("m", workload.RoleModel)
	rule := object{"elo0": 0, "elo1": 35, "alpha": 0.05, "beta": 0.05, "min_games": 10}
	d := r.do(order{command: workload.Evaluate, inputs: []workload.Input{m}, params: object{"model": "m", "search_budget": 32, "stop_rule": rule,
		"opponents": []object{{"baseline": "random", "games": 400}, {"baseline": "heuristic", "games": 400}}}})
	results := metrics[workload.EvaluateMetrics](d).PerOpponent
	played := 0
	for _, result := range results {
		require.True(t, result.StoppedEarly, "%+v", result)
		require.Less(t, result.Games, 200)
		require.GreaterOrEqual(t, result.Games, 10)
		require.Equal(t, result.BySeat[0].Games, result.BySeat[1].Games)
		played += result.Games
	}
	require.EqualValues(t, played, r.inspected(d.as("g", workload.RoleGames)).Verified)
	require.Greater(t, results[0].Wins, results[0].Losses)
	require.Less(t, results[1].Wins, results[1].Losses)
}

func TestMergeTakesEachGameOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	one := r.do(order{command: workload.Selfplay, seed: 1, params: object{"games": 10}}).as("one", workload.RoleGames)
	two := r.do(order{command: workload.Selfplay, seed: 2, params: object{"games": 10}}).as("two", workload.RoleGames)
	twin := two
	twin.Name = "twin"
	ids := r.inspected(one).IDs
	path := filepath.Join(t.TempDir(), "known")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(ids[:3], "\n")+"\n"), 0o600))
	known := fileInput(t, "known", workload.RoleKnownIDs, path)
	forgedGame := forged(t, one)
	d := r.do(order{command: workload.Merge, inputs: []workload.Input{one, two, twin, known},
		params: object{"games": []string{"one", "two", "twin"}, "known_ids": "known"}})
	require.Equal(t, workload.MergeMetrics{Merged: 17, Duplicates: 13}, metrics[workload.MergeMetrics](d))
	require.Len(t, r.inspected(d.as("all", workload.RoleGames)).IDs, 17)
	d = r.do(order{command: workload.Merge, inputs: []workload.Input{forgedGame, two}, params: object{"games": []string{"one", "two"}}})
	require.Equal(t, workload.MergeMetrics{Merged: 19, Invalid: 1}, metrics[workload.MergeMetrics](d))

	verdicts := metrics[workload.ValidateMetrics](r.do(order{command: workload.Validate, inputs: []workload.Input{forgedGame}, params: object{"games": "one"}})).Verdicts
	require.Len(t, verdicts, 10)
	require.False(t, verdicts[4].OK)
	require.NotEmpty(t, verdicts[4].Reason)
	require.True(t, verdicts[5].OK)
	require.InDelta(t, 1, verdicts[5].Quality, 1e-9, "every move of self-play was searched")

	seen := metrics[workload.InspectMetrics](r.do(order{command: workload.Inspect, inputs: []workload.Input{forgedGame}, params: object{"file": "one", "verify": 1}}))
	require.Len(t, seen.ReplayErrors, 1)
	require.Contains(t, seen.ReplayErrors[0], ids[4])
	require.EqualValues(t, 9, seen.Verified)
	exported := r.do(order{command: workload.Export, inputs: []workload.Input{forgedGame}, params: object{"games": []string{"one"}}})
	told := metrics[workload.ExportMetrics](exported)
	require.EqualValues(t, 9, told.Games)
	require.EqualValues(t, 1, told.Skipped)
}

// forged copies a games file and gives its fifth game another winner.
func forged(t *testing.T, games workload.Input) workload.Input {
	t.Helper()
	data, err := os.ReadFile(games.Path)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "forged.db")
	require.NoError(t, os.WriteFile(path, data, 0o600))
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE games SET winner = CASE winner WHEN 1 THEN 2 ELSE 1 END
		WHERE game_id = (SELECT game_id FROM games ORDER BY game_id LIMIT 1 OFFSET 4)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return fileInput(t, games.Name, games.Role, path)
}

// Combining takes the union by game and position, keeps whole games apart, and repeats by weight.
func TestCombineMixesByWeight(t *testing.T) {
	t.Parallel()
	r := newRig(t, "sq5_2p")
	var inputs []workload.Input
	var samples [3]int64
	for i := range 2 {
		games := r.do(order{command: workload.Selfplay, seed: int64(i), params: object{"games": 40}}).as("g", workload.RoleGames)
		d := r.do(order{command: workload.Export, inputs: []workload.Input{games}, params: object{"games": []string{"g"}}})
		inputs = append(inputs, d.as(fmt.Sprintf("d%d", i), workload.RoleDataset))
		samples[i] = metrics[workload.ExportMetrics](d).Samples
	}
	twin := inputs[0]
	twin.Name = "twin"
	inputs = append(inputs, twin)
	sources := []object{{"input": "d0"}, {"input": "d1", "weight": 2.5}, {"input": "twin"}}
	mixed := r.do(order{command: workload.Combine, seed: 1, inputs: inputs, params: object{"datasets": sources, "max_repeat": 3}})
	told := metrics[workload.CombineMetrics](mixed)
	require.Equal(t, samples[0], told.DedupDropped)
	require.Zero(t, told.SamplesBySource["twin"])
	ratio := float64(told.SamplesBySource["d1"]) / float64(told.SamplesBySource["d0"]) * float64(samples[0]) / float64(samples[1])
	require.InDelta(t, 2.5, ratio, 0.4)
	train, holdout := r.inspected(mixed.as("t", workload.RoleDataset)), r.inspected(mixed.as("h", workload.RoleHoldout))
	require.Equal(t, told.Samples, train.Records)
	require.Equal(t, told.HoldoutSamples, holdout.Records)
	require.EqualValues(t, 8, holdout.Games)
	require.EqualValues(t, 72, train.Games)
	for _, id := range holdout.IDs {
		require.NotContains(t, train.IDs, id)
	}
	again := r.do(order{command: workload.Combine, seed: 1, inputs: inputs, params: object{"datasets": sources, "max_repeat": 3}})
	require.Equal(t, mixed.report.Result.Outputs, again.report.Result.Outputs)
	small := r.do(order{command: workload.Combine, seed: 1, inputs: inputs[:1], params: object{"datasets": sources[:1], "max_samples": 50, "holdout_fraction": -1}})
	require.LessOrEqual(t, metrics[workload.CombineMetrics](small).Samples, int64(50))
	require.Greater(t, metrics[workload.CombineMetrics](small).Samples, int64(25))
	require.Len(t, small.report.Result.Outputs, 1)
}

func TestLossAgreesWithTraining(t *testing.T) {
	t.Parallel()
	r := newRig(t, "hex3_2p")
	games := r.do(order{command: workload.Selfplay, params: object{"games": 30, "search_budget": 24}}).as("g", workload.RoleGames)
	data := r.do(order{command: workload.Export, inputs: []workload.Input{games}, params: object{"games": []string{"g"}}}).as("d", workload.RoleDataset)
	trained := r.do(order{command: workload.Train, inputs: []workload.Input{data}, params: object{"dataset": "d", "epochs": 3}})
	told := metrics[workload.TrainMetrics](trained)
	require.Less(t, told.TrainLossEnd, told.TrainLossStart)
	m := trained.as("m", workload.RoleModel)
	measured := metrics[workload.LossMetrics](r.do(order{command: workload.Loss, inputs: []workload.Input{m, data}, params: object{"model": "m", "dataset": "d"}}))
	require.InDelta(t, told.TrainLossEnd, measured.PolicyLoss+measured.ValueLoss, 1e-12)
	slice := metrics[workload.LossMetrics](r.do(order{command: workload.Loss, inputs: []workload.Input{m, data}, params: object{"model": "m", "dataset": "d", "first": 10, "count": 7}}))
	require.EqualValues(t, 7, slice.Samples)
	facts := r.inspected(m)
	require.Equal(t, &workload.Span{Min: 1, Max: 1}, facts.Generations)
	require.True(t, *facts.Finite)

	student := r.do(order{command: workload.Distill, inputs: []workload.Input{m, data}, params: object{"teacher": "m", "positions": "d"}})
	likeness := metrics[workload.DistillMetrics](student)
	require.Greater(t, likeness.Correlation, 0.8)
	require.Greater(t, likeness.SignAgreement, 0.7)
	require.LessOrEqual(t, likeness.SizeRatio, 0.5)
	others := r.do(order{command: workload.Export, inputs: []workload.Input{
		r.do(order{command: workload.Selfplay, seed: 7, params: object{"games": 10, "search_budget": 24}}).as("g", workload.RoleGames),
	}, params: object{"games": []string{"g"}}}).as("h", workload.RoleDataset)
	held := r.do(order{command: workload.Distill, inputs: []workload.Input{m, data, others}, params: object{"teacher": "m", "positions": "d", "holdout": "h"}})
	require.Equal(t, student.as("s", workload.RoleModel).SHA256, held.as("s", workload.RoleModel).SHA256, "it learns the same")
	require.NotEqual(t, likeness.Correlation, metrics[workload.DistillMetrics](held).Correlation, "and is compared on something else")
	r.do(order{command: workload.Evaluate, inputs: []workload.Input{student.as("s", workload.RoleModel)},
		params: object{"model": "s", "opponents": []object{{"baseline": "random", "games": 4}}}})
}
