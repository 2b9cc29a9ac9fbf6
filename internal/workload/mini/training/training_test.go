package training_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
	"github.com/ringrift/orchestrator/internal/workload/mini/player"
	"github.com/ringrift/orchestrator/internal/workload/mini/search"
	"github.com/ringrift/orchestrator/internal/workload/mini/training"
)

// lessons writes the samples of games that a blank model plays against itself.
func lessons(t *testing.T, rules *game.Rules, seed uint64, games int) *training.Samples {
	t.Helper()
	blank, err := model.New(rules, model.Pattern)
	require.NoError(t, err)
	net, err := model.Compile(rules, blank)
	require.NoError(t, err)
	table := play.Table{SampledPlies: 6, Temperature: 1}
	searcher := player.NewSearching(rules, net, search.Settings{Simulations: 32, Exploration: 1.5, NoiseShare: 0.25})
	for range rules.Players {
		table.Players, table.Seats = append(table.Players, searcher), append(table.Seats, play.Seat{Name: "blank"})
	}
	dir := t.TempDir()
	w, err := dataset.NewWriter(dir, rules, 8)
	require.NoError(t, err)
	for i := range games {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		record, err := table.Play(t.Context(), rules, random, random)
		require.NoError(t, err)
		require.NoError(t, dataset.Rows(rules, record, fmt.Sprint(i), w.Append))
	}
	path := filepath.Join(dir, "samples.npz")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, w.Store(file))
	require.NoError(t, file.Close())
	require.NoError(t, w.Close())
	samples, err := training.Load(path, rules)
	require.NoError(t, err)
	return samples
}

func lookup(t *testing.T, key string) *game.Rules {
	t.Helper()
	rules, err := game.Lookup(key)
	require.NoError(t, err)
	return rules
}

func blank(t *testing.T, rules *game.Rules) *model.Model {
	t.Helper()
	m, err := model.New(rules, model.Pattern)
	require.NoError(t, err)
	return m
}

func settings() training.Settings {
	return training.Settings{Epochs: 6, BatchSize: 8, LR: 0.02, Schedule: training.Cosine, Seed: 5}
}

func TestTrainingLowersBothLosses(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules := lookup(t, key)
		run := &training.Run{Settings: settings(), Train: lessons(t, rules, 1, 60), Holdout: lessons(t, rules, 2, 20)}
		m := blank(t, rules)
		_, err := run.Start(m, "")
		require.NoError(t, err)
		require.NoError(t, run.Continue(t.Context()))
		report, err := run.Finish(m)
		require.NoError(t, err)
		t.Logf("%s: %+v -> %+v", key, *report.Start.Holdout, *report.End.Holdout)
		require.Less(t, report.End.Train.Policy, report.Start.Train.Policy, key)
		require.Less(t, report.End.Holdout.Policy, report.Start.Holdout.Policy, key)
		require.Less(t, report.End.Holdout.Value, report.Start.Holdout.Value, key)
		require.Equal(t, 6, report.Epochs, key)
	}
}

// A run that is interrupted after every block, and goes on from its checkpoint in another Run, ends with the same
// bits as one that is not.
func TestResumedTrainingIsTheSame(t *testing.T) {
	t.Parallel()
	rules := lookup(t, "sq5_2p")
	train, holdout := lessons(t, rules, 1, 60), lessons(t, rules, 2, 20)
	whole := blank(t, rules)
	run := &training.Run{Settings: settings(), Train: train, Holdout: holdout}
	_, err := run.Start(whole, "p")
	require.NoError(t, err)
	require.NoError(t, run.Continue(t.Context()))
	want, err := run.Finish(whole)
	require.NoError(t, err)

	parts := blank(t, rules)
	var checkpoint []byte
	for round := 0; ; round++ {
		ctx, cancel := context.WithCancel(t.Context())
		next := &training.Run{Settings: settings(), Train: train, Holdout: holdout}
		next.Watch = func(state *training.State) error {
			var err error
			checkpoint, err = state.Encode()
			cancel()
			return err
		}
		if round == 0 {
			_, err = next.Start(parts, "p")
			require.NoError(t, err)
		} else {
			state, err := training.Decode(checkpoint, "p", len(parts.Policy))
			require.NoError(t, err)
			require.NoError(t, next.Resume(parts, state))
		}
		err = next.Continue(ctx)
		if err == nil {
			got, err := next.Finish(parts)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, settings().Epochs, round+1, "every epoch was interrupted once")
			break
		}
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, whole, parts)
}

func TestForeignCheckpointsAreRefused(t *testing.T) {
	t.Parallel()
	rules := lookup(t, "sq5_2p")
	m := blank(t, rules)
	run := &training.Run{Settings: settings(), Train: lessons(t, rules, 1, 10)}
	state, err := run.Start(m, "mine")
	require.NoError(t, err)
	data, err := state.Encode()
	require.NoError(t, err)
	_, err = training.Decode(data, "mine", len(m.Policy))
	require.NoError(t, err)
	for name, bad := range map[string]func() (*training.State, error){
		"other purpose": func() (*training.State, error) { return training.Decode(data, "yours", len(m.Policy)) },
		"other size":    func() (*training.State, error) { return training.Decode(data, "mine", 7) },
		"cut":           func() (*training.State, error) { return training.Decode(data[:len(data)-9], "mine", len(m.Policy)) },
	} {
		_, err := bad()
		require.Error(t, err, name)
	}
}

func TestDivergenceIsNoticed(t *testing.T) {
	t.Parallel()
	rules := lookup(t, "sq5_2p")
	m := blank(t, rules)
	wild := settings()
	wild.LR = 1e308
	run := &training.Run{Settings: wild, Train: lessons(t, rules, 1, 10)}
	_, err := run.Start(m, "")
	require.NoError(t, err)
	require.ErrorIs(t, run.Continue(t.Context()), training.ErrDiverged)
}

// Without anything to learn from one epoch to the next, patience ends the run, and the best tables are kept.
func TestPatienceEndsTheRun(t *testing.T) {
	t.Parallel()
	rules := lookup(t, "sq5_2p")
	m := blank(t, rules)
	hasty := settings()
	hasty.Epochs, hasty.LR, hasty.Schedule, hasty.Patience = 200, 1, training.Constant, 2
	run := &training.Run{Settings: hasty, Train: lessons(t, rules, 1, 30), Holdout: lessons(t, rules, 2, 10)}
	_, err := run.Start(m, "")
	require.NoError(t, err)
	require.NoError(t, run.Continue(t.Context()))
	report, err := run.Finish(m)
	require.NoError(t, err)
	require.True(t, report.EarlyStopped)
	require.Less(t, report.Epochs, 200)
	require.LessOrEqual(t, report.End.Holdout.Total(), report.Start.Holdout.Total(), "never worse than at the start")
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	require.NoError(t, settings().Check())
	for field, spoil := range map[string]func(*training.Settings){
		"epochs":              func(s *training.Settings) { s.Epochs = 0 },
		"batch_size":          func(s *training.Settings) { s.BatchSize = -1 },
		"lr ":                 func(s *training.Settings) { s.LR = -0.1 },
		"lr_schedule":         func(s *training.Settings) { s.Schedule = "stairs" },
		"early_stop_patience": func(s *training.Settings) { s.Patience = -2 },
	} {
		s := settings()
		spoil(&s)
		require.ErrorContains(t, s.Check(), field)
	}
}

// The gradient is the slope of the loss: tables moved a little in its direction have a loss that is lower by about
// as much as it says. One epoch of one batch is such a step.
func TestOneStepLowersTheLoss(t *testing.T) {
	t.Parallel()
	for _, key := range game.Keys() {
		rules := lookup(t, key)
		m := blank(t, rules)
		samples := lessons(t, rules, 1, 20)
		run := &training.Run{Train: samples, Settings: training.Settings{Epochs: 1, BatchSize: samples.Rows(), LR: 1e-4, Schedule: training.Constant}}
		_, err := run.Start(m, "")
		require.NoError(t, err)
		require.NoError(t, run.Continue(t.Context()))
		report, err := run.Finish(m)
		require.NoError(t, err)
		require.Less(t, report.End.Train.Policy, report.Start.Train.Policy, key)
		require.Less(t, report.End.Train.Value, report.Start.Train.Value, key)
		measured, rows, err := training.Measure(m, samples, 0, 0)
		require.NoError(t, err)
		require.Equal(t, samples.Rows(), rows)
		require.Equal(t, report.End.Train, measured, key)
	}
}
