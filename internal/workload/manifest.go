package workload

import (
	"slices"
)

// ManifestFile is the manifest's name in a workload's folder.
const ManifestFile = "workload.json"

// Manifest is what a workload says of itself. `describe` prints the same document.
type Manifest struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Contract int    `json:"contract"`
	// Configs are the games that it plays.
	Configs []Config `json:"configs"`
	// Commands gives each command the beginning of its command line, to which the command's name and
	// `--request FILE` are added. The first word is a name looked up in PATH; a word that begins with ./ is a
	// file of the workload's folder.
	Commands map[Command][]string `json:"commands"`
	// Resources is what one run of a command needs; one without entry needs one CPU.
	Resources map[Command]Resources `json:"resources,omitempty"`
	Features  Features              `json:"features"`
	// Baselines are players without a model; one of them is `random`.
	Baselines []Baseline `json:"baselines"`
	// Harnesses are ways of playing a model; exactly one is the default.
	Harnesses []Harness `json:"harnesses"`
	Formats   Formats   `json:"formats"`
	// EncoderVersion names how positions become features; datasets of different encoders are never mixed.
	EncoderVersion string         `json:"encoder_version"`
	Limits         ManifestLimits `json:"limits"`
}

// Config is one game that a workload plays.
type Config struct {
	// Key is <board>_<players>p.
	Key     string `json:"key"`
	Board   string `json:"board"`
	Players int    `json:"players"` // 2 to 4
	Cells   int    `json:"cells"`
	// SizeClass is small, medium or large; time limits depend on it.
	SizeClass       string  `json:"size_class"`
	MeanGameSeconds float64 `json:"mean_game_seconds,omitempty"` // 0: unknown
}

// Resources is what one run of a command needs.
type Resources struct {
	CPU    int `json:"cpu"`
	MemMB  int `json:"mem_mb,omitempty"` // 0: unknown
	GPU    int `json:"gpu,omitempty"`
	VRAMMB int `json:"vram_mb,omitempty"`
	DiskMB int `json:"disk_mb,omitempty"`
}

// Features says which optional parts of the contract a workload keeps.
type Features struct {
	// Seedable: the same request gives the same bytes.
	Seedable bool `json:"seedable"`
	// Checkpoint: train writes checkpoints. Resume: it goes on from one.
	Checkpoint        bool `json:"checkpoint"`
	Resume            bool `json:"resume"`
	IncrementalExport bool `json:"incremental_export"`
	Distill           bool `json:"distill"`
	MultiHarness      bool `json:"multi_harness"`
	// PartialResults: at the deadline selfplay ends with 31 and a valid result of what is done.
	PartialResults bool `json:"partial_results"`
	// Faults: the workload shows the faults of fault.go when a test asks for them.
	Faults bool `json:"faults"`
}

// BaselineRandom is the baseline that every workload has; its rating is pinned by definition.
const BaselineRandom = "random"

// Baseline is a player without a model.
type Baseline struct {
	ID         string  `json:"id"`
	NominalElo float64 `json:"nominal_elo"`
	Pinned     bool    `json:"pinned"`
}

// Harness is a way of playing a model, such as a search with certain settings.
type Harness struct {
	ID      string         `json:"id"`
	Default bool           `json:"default"`
	Params  map[string]any `json:"params,omitempty"`
}

// Formats names the formats of the files, as file name endings without dot.
type Formats struct {
	Games   string `json:"games"` // sqlite: the tables of games.go
	Dataset string `json:"dataset"`
	Model   string `json:"model"`
}

// ManifestLimits bounds how a workload may be used.
type ManifestLimits struct {
	MaxParallelPerNode int `json:"max_parallel_per_node"` // 0: no limit of its own
}

// Config returns the configuration with the key.
func (m *Manifest) Config(key string) (Config, bool) {
	at := slices.IndexFunc(m.Configs, func(c Config) bool { return c.Key == key })
	if at < 0 {
		return Config{}, false
	}
	return m.Configs[at], true
}

// Has says whether the workload offers the command.
func (m *Manifest) Has(command Command) bool { return len(m.Commands[command]) > 0 }

// DefaultHarness returns the id of the harness that is used when a request names none.
func (m *Manifest) DefaultHarness() string {
	for _, harness := range m.Harnesses {
		if harness.Default {
			return harness.ID
		}
	}
	return ""
}

// Needs returns what one run of the command needs.
func (m *Manifest) Needs(command Command) Resources {
	needs, found := m.Resources[command]
	if !found {
		return Resources{CPU: 1}
	}
	return needs
}
