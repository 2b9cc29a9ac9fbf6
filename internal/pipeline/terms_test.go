package pipeline_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/pipeline"
)

// An ordered iteration goes beyond what is wanted, exactly so far, and never cuts short what would go on by itself.
func TestTermsOfAnOrderedIteration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after pipeline.Targets
		wanted        bool
	}{
		"nobody wants it":            {pipeline.Targets{Iterations: 20, Harness: "h"}, pipeline.Targets{Iterations: 7, Harness: "h"}, false},
		"it has come to its end":     {pipeline.Targets{Iterations: 5}, pipeline.Targets{Iterations: 7}, true},
		"it goes on longer":          {pipeline.Targets{Iterations: 20}, pipeline.Targets{Iterations: 20}, true},
		"it goes on without end":     {pipeline.Targets{}, pipeline.Targets{}, true},
		"it is as strong as it must": {pipeline.Targets{Elo: 1800}, pipeline.Targets{Iterations: 7}, true},
	} {
		terms := pipeline.Terms{Wanted: c.wanted, Targets: c.before, MinGames: 3, Bootstrap: 2}
		require.Equal(t, pipeline.Terms{Wanted: true, Targets: c.after, MinGames: 9, Bootstrap: 9}, terms.For(7, 9), name)
		require.EqualValues(t, 2, terms.For(7, 0).Bootstrap, name)
	}
}
