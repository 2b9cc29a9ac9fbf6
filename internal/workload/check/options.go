package check

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// MinGames is how many games it takes at least to judge a workload by.
const MinGames = 10

// Options say how a workload is checked.
type Options struct {
	Runner *run.Runner
	// Folder is an existing empty folder to work in, which the caller removes. An absolute path.
	Folder string
	// Config is the key of the configuration that is played; default the first one of the manifest.
	Config string
	// Games is how many games the runs play; default 40, at least MinGames.
	Games int
	// Grace is how long a command may take to end when told to; default 5 s.
	Grace time.Duration
	// Limit is how long one command may run; default 1 minute.
	Limit time.Duration
	// Parallel is how many rules are checked at a time; default 4.
	Parallel int
	// Only are the rules to check, beside those that every run is watched for; empty is all.
	Only []workload.Rule
	// Tell is told of each verdict as it falls, one at a time.
	Tell func(Finding)
}

func (o Options) withDefaults() (Options, error) {
	if o.Runner == nil {
		return o, errors.New("options.Runner: give one")
	}
	if !filepath.IsAbs(o.Folder) {
		return o, errors.New("options.Folder: use an absolute path")
	}
	if _, err := os.Stat(o.Folder); err != nil {
		return o, err
	}
	fill(&o.Games, 40)
	fill(&o.Grace, 5*time.Second)
	fill(&o.Limit, time.Minute)
	fill(&o.Parallel, 4)
	if o.Games < MinGames {
		return o, fmt.Errorf("options.Games: use at least %d", MinGames)
	}
	if o.Tell == nil {
		o.Tell = func(Finding) {}
	}
	return o, nil
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
