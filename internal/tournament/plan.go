package tournament

import (
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// The kinds of tournaments.
const (
	Ladder      = "ladder"      // the models of a configuration meet each other and the baselines
	Calibration = "calibration" // each baseline meets the next weaker one
)

// Plan is one tournament that is to be played.
type Plan struct {
	ID        string `json:"tournament_id"` // <config>/<kind>/<number>
	ConfigKey string `json:"config_key"`
	Kind      string `json:"kind"`
	Number    int64  `json:"number"` // 1 for the first one of the configuration
	// Harness is the name under which its games are rated.
	Harness string `json:"harness"`
	// Models and Baselines are who takes part; a model by its id.
	Models    []string `json:"models"`
	Baselines []string `json:"baselines,omitempty"`
	// Pairings are two participants each: the first has one seat of a game, the second all others.
	Pairings [][2]string `json:"pairings"`
	// GamesPerPair is how many games each pairing has; the workload rounds it up to whole rounds of all seats.
	GamesPerPair int `json:"games_per_pair"`
	// ValidShare is how many of its games must count for it to be evidence, 0 to 1.
	ValidShare float64        `json:"valid_share"`
	Reason     string         `json:"reason"`
	Job        ledger.JobSpec `json:"job"` // without key and config
	MadeAt     time.Time      `json:"-"`   // by the ledger's clock
}

// JobKey is the idempotency key of the plan's job.
func (p Plan) JobKey() string { return "tournament/" + p.ID }

// JobSpec is the plan's job, as it is put into the queue.
func (p Plan) JobSpec() ledger.JobSpec {
	spec := p.Job
	spec.IdempotencyKey, spec.ConfigKey, spec.PlanID = p.JobKey(), p.ConfigKey, p.ID
	return spec
}

// Participants are all who take part, models first.
func (p Plan) Participants() []string {
	return append(append([]string{}, p.Models...), p.Baselines...)
}
