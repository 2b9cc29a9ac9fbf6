package local

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/thresholds"
)

// training says in a line what the installation trains, and until when.
func (i *Installation) training() string {
	now, err := thresholds.NewSource(filepath.Join(i.config.SharedDir(), thresholds.FileName), time.Now, nil).Current()
	if err != nil {
		return err.Error()
	}
	text := "preset " + now.Preset + ": "
	switch configs := now.Loop.Configs; {
	case slices.Equal(configs, []string{thresholds.NoConfig}):
		return text + "nothing"
	case len(configs) == 0:
		text += "every configuration of the workloads"
	default:
		text += strings.Join(configs, ", ")
	}
	if now.Loop.Iterations > 0 {
		text += fmt.Sprintf("; at rest after %d iterations each (loop.iterations)", now.Loop.Iterations)
	}
	return text
}
