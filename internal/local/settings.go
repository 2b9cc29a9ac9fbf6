package local

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/config"
)

// settings are those that an installation was started with: what runs in a data folder is found by them, whatever a later
// command is given.
type settings struct {
	TemporalAddress   string `json:"temporal_address"`
	TemporalNamespace string `json:"temporal_namespace"`
	TemporalUIPort    int    `json:"temporal_ui_port"`
	HealthAddr        string `json:"health_addr"`
	BusListen         string `json:"bus_listen"`
}

func (c Config) settings() settings {
	return settings{c.TemporalAddress, c.TemporalNamespace, c.TemporalUIPort, c.HealthAddr, c.BusListen}
}

func (c Config) with(s settings) Config {
	c.TemporalAddress, c.TemporalNamespace, c.TemporalUIPort = s.TemporalAddress, s.TemporalNamespace, s.TemporalUIPort
	c.HealthAddr, c.BusListen = s.HealthAddr, s.BusListen
	return c
}

// variables are the settings as the environment has them.
func (s settings) variables() []string {
	return []string{
		"TEMPORAL_ADDRESS=" + s.TemporalAddress, "TEMPORAL_NAMESPACE=" + s.TemporalNamespace, "BUS_LISTEN=" + s.BusListen, "HEALTH_ADDR=" + s.HealthAddr,
	}
}

func (s settings) String() string { return strings.Join(s.variables(), " ") }

// unusual are the variables to set for commanding this installation, without those that are as they are unless somebody
// sets them.
func (c Config) unusual() (all []string, err error) {
	var usual Config
	if err := config.Read(&usual, nil); err != nil {
		return nil, err
	}
	if usual, err = usual.resolved(); err != nil {
		return nil, err
	}
	folders := func(c Config) []string {
		return []string{"DATA_DIR=" + relative(c.DataDir), "CLUSTER_DIR=" + c.ClusterDir}
	}
	known := slices.Concat(folders(usual), usual.settings().variables())
	all = slices.Concat(folders(c), c.settings().variables())
	return slices.DeleteFunc(all, func(variable string) bool { return slices.Contains(known, variable) }), nil
}

// remember records the settings, for the commands that follow.
func (i *Installation) remember() error {
	text, err := json.Marshal(i.config.settings())
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	return writeFile(i.settingsFile(), text)
}

// asItRuns is the installation with the settings that it was started with, if any of it runs.
func (i *Installation) asItRuns() (*Installation, error) {
	started, err := i.recorded()
	if err != nil || started == nil || *started == i.config.settings() {
		return i, err
	}
	i.say("It was started with %s, which holds.", started)
	found, err := New(i.config.with(*started), i.out)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", i.settingsFile(), err)
	}
	found.answers = i.answers
	return found, nil
}

func (i *Installation) settingsFile() string {
	return filepath.Join(i.config.DataDir, "run", "settings.json")
}
