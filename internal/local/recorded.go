package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ringrift/orchestrator/internal/config"
)

// Recorded returns the Temporal server, host:port, and the namespace of what `make up` has started in a data folder and
// what still runs there; both are empty if nothing does.
func Recorded(dataDir string) (address, namespace string, err error) {
	i := &Installation{
		config: Config{Installation: config.Installation{DataDir: dataDir}},
		server: newService(dataDir, "temporal", "", 0),
		worker: newService(dataDir, "worker", "", 0),
	}
	started, err := i.recorded()
	if err != nil || started == nil {
		return "", "", err
	}
	return started.TemporalAddress, started.TemporalNamespace, nil
}

// recorded are the settings that what runs was started with, or nil if nothing runs or nothing was recorded.
func (i *Installation) recorded() (*settings, error) {
	all, err := i.all()
	if err != nil {
		return nil, err
	}
	server, workers, err := i.running(all)
	if err != nil || !server && workers == 0 {
		return nil, err
	}
	text, err := os.ReadFile(i.settingsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	var started settings
	if err := json.Unmarshal(text, &started); err != nil {
		return nil, fmt.Errorf("%s does not say how this installation was started (%w): delete it, and give the same settings as to `make up`", i.settingsFile(), err)
	}
	return &started, nil
}
