package modeldistribution

import (
	"cmp"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("MODEL_DISTRIBUTION")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Token is that of the data servers; without one it is found in CLUSTER_DIR, see peers.Token. A secret.
	Token string
	// Interval is the pause between two rounds; 60 s. While deliveries are under way it is Pace; 5 s.
	Interval time.Duration
	Pace     time.Duration
	// Watch is the pause between two rounds while trainings are under way, whose checkpoints are to outlive their nodes, or
	// a candidate has no second copy; 10 s.
	Watch time.Duration
	// Alive is how old the last sign of a node may be for it to be asked; 30 s.
	Alive time.Duration
	// Datasets is how many of the newest datasets of a config are wanted on training nodes; 2.
	Datasets int
	// FirstRetry is the pause after the first failed attempt; 30 s. It doubles up to 8 times that.
	FirstRetry time.Duration
	// MaxAttempts is after how many failed attempts a delivery is reported as failed; 4. It is tried again when the
	// node comes back, or after RetryFailed; 1 h.
	MaxAttempts int64
	RetryFailed time.Duration
	// Deadline is how long one attempt may take beside a second for each megabyte; 300 s.
	Deadline time.Duration
	// Refresh is how often unchanged inventories are reported to the ledger as seen; 5 min.
	Refresh time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		config := config.withDefaults()
		if config.Interval < 0 || config.Pace < 0 || config.Watch < 0 || config.FirstRetry < 0 || config.MaxAttempts < 0 || config.Datasets < 0 {
			return nil, host.Never(errors.New("MODEL_DISTRIBUTION: a setting is negative: use 0 for the default"))
		}
		return newDaemon(config, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryDistribution, Runner: "create_model_distribution",
		DependsOn: []spec.Type{"EVENT_ROUTER", "EVALUATION", "AUTO_PROMOTION"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: 20, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, time.Minute)
	c.Pace = cmp.Or(c.Pace, 5*time.Second)
	c.Watch = cmp.Or(c.Watch, 10*time.Second)
	c.Alive = cmp.Or(c.Alive, 30*time.Second)
	c.Datasets = cmp.Or(c.Datasets, 2)
	c.FirstRetry = cmp.Or(c.FirstRetry, 30*time.Second)
	c.MaxAttempts = cmp.Or(c.MaxAttempts, 4)
	c.RetryFailed = cmp.Or(c.RetryFailed, time.Hour)
	c.Deadline = cmp.Or(c.Deadline, 300*time.Second)
	c.Refresh = cmp.Or(c.Refresh, 5*time.Minute)
	return c
}
