package datapipeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// What moves a workflow on is told at once, and nothing else.
func TestSteering(t *testing.T) {
	t.Parallel()
	ordered := spec.StageFact{Stage: spec.StageTraining, Attempt: 1, State: spec.StageOrdered}
	before := spec.PipelineFacts{Iteration: 2, Last: 2, Required: 20, NewGames: 3, Wanted: true, Stages: []spec.StageFact{ordered}}
	for name, test := range map[string]struct {
		change func(*spec.PipelineFacts)
		moves  bool
	}{
		"why an order waits":     {func(f *spec.PipelineFacts) { f.Stages[0].Waiting = "no node has room" }, false},
		"an order of its own":    {func(f *spec.PipelineFacts) { f.Stages = nil }, false},
		"an order that is done":  {func(f *spec.PipelineFacts) { f.Stages[0].State = spec.StageDone }, true},
		"one that has failed":    {func(f *spec.PipelineFacts) { f.Stages[0].State = spec.StageFailed }, true},
		"a game more":            {func(f *spec.PipelineFacts) { f.NewGames = 19 }, false},
		"enough of them":         {func(f *spec.PipelineFacts) { f.NewGames = 20 }, true},
		"fewer that are needed":  {func(f *spec.PipelineFacts) { f.Required = 3 }, true},
		"somebody holds it":      {func(f *spec.PipelineFacts) { f.Held = "the disk is full" }, true},
		"it is not wanted":       {func(f *spec.PipelineFacts) { f.Wanted = false }, true},
		"another iteration":      {func(f *spec.PipelineFacts) { f.Iteration = 3 }, true},
		"there is a first model": {func(f *spec.PipelineFacts) { f.HasCanonical = true }, true},
	} {
		after := before
		after.Stages = append([]spec.StageFact{}, before.Stages...)
		test.change(&after)
		require.Equal(t, test.moves, digestOf(steering(before)) != digestOf(steering(after)), name)
	}
	require.Equal(t, spec.StageOrdered, before.Stages[0].State, "what it is asked about stays as it is")
}
