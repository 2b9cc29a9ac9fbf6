package pipeline

import (
	"github.com/ringrift/orchestrator/internal/spec"
)

// Terms are the settings that the pipeline of one configuration goes by now.
type Terms struct {
	Rules spec.PipelineRules
	// MinGames are new games for a dataset; Bootstrap before the first iteration was promoted.
	MinGames, Bootstrap int64
	Targets             Targets
	// Wanted says that the configuration is one of those to be trained.
	Wanted bool
	// Held says why all pipelines stand still, empty if they do not.
	Held string
}

// For makes the terms those of an iteration that somebody has ordered beside them: up to its number, and with so many
// games, 0 being as many as usual. What would go on longer by itself still does.
func (t Terms) For(iteration, games int64) Terms {
	if endless := t.Wanted && t.Targets.Iterations == 0 && t.Targets.Elo == 0; !endless {
		limit := iteration
		if t.Wanted {
			limit = max(limit, t.Targets.Iterations)
		}
		t.Targets = Targets{Iterations: limit, Harness: t.Targets.Harness}
	}
	t.Wanted = true
	if games > 0 {
		t.MinGames, t.Bootstrap = games, games
	}
	return t
}

// Required is how many new games an iteration needs, with so many left over from iterations that had too few.
func (t Terms) Required(promoted bool, left int64) int64 {
	required := t.MinGames
	if !promoted {
		required = t.Bootstrap
	}
	return max(1, required-left)
}
