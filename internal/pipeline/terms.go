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

// Required is how many new games an iteration needs, with so many left over from iterations that had too few.
func (t Terms) Required(promoted bool, left int64) int64 {
	required := t.MinGames
	if !promoted {
		required = t.Bootstrap
	}
	return max(1, required-left)
}
