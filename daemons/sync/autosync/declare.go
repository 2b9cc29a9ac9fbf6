package autosync

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("AUTO_SYNC")

// Config is what the daemon is given. Zero means the default, and −1 none where a limit says so.
type Config struct {
	// Token is that of the data servers; without one it is found in CLUSTER_DIR, see peers.Token. A secret.
	Token string
	// Roles and Labels are the node's own; they choose the strategy and what is received.
	Roles  []spec.Role
	Labels []string
	// Interval is the pause between two rounds; 60 s. MinimumPause is kept even when events come; 2 s.
	Interval     time.Duration
	MinimumPause time.Duration
	// RoundLimit ends the fetching, and then the merging, of one round; 30 s. The next one follows at once, and goes on
	// with a file that takes longer.
	RoundLimit time.Duration
	// MinimumGames are cut from a live store at once; 10. Fewer wait until the store was quiet for QuietAfter; 60 s.
	MinimumGames int
	QuietAfter   time.Duration
	// AskInterval is the pause between two requests for the same segment; 60 s.
	AskInterval time.Duration
	// BytesPerSecond bounds all fetches together; 100 MB/s; −1 for no limit.
	BytesPerSecond int64
	// MaxDiskUsed is the share of the disk, 0 to 1, above which nothing is fetched, cut or merged now; nodes.MaxDiskUsed.
	MaxDiskUsed func() float64
	// MinimumMemory is the percentage of memory that has to be free for a fetch to begin; 5.
	MinimumMemory float64
	// BroadcastFree is the disk space in bytes that a node has to have for broadcasts; 50 GB. −1 for none.
	BroadcastFree int64
	// MinimumQuality holds back segments whose games score less on average; 0.5. −1 for no gate.
	MinimumQuality float64
	// Patience is how long a fetch waits for any good byte; 20 s.
	Patience time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		config := config.withDefaults()
		strategy, err := chooseStrategy(rt.Params["strategy"], config.Labels)
		if err := errors.Join(err, config.check()); err != nil {
			return nil, host.Never(err)
		}
		return newDaemon(config, strategy, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategorySync, Runner: "create_auto_sync",
		DependsOn: []spec.Type{"EVENT_ROUTER", "DATA_PIPELINE", "FEEDBACK_LOOP"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Critical: true, Scope: spec.ScopeNode, StartupPosition: 4, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, time.Minute)
	c.MinimumPause = cmp.Or(c.MinimumPause, 2*time.Second)
	c.RoundLimit = cmp.Or(c.RoundLimit, 30*time.Second)
	c.MinimumGames = cmp.Or(c.MinimumGames, 10)
	c.QuietAfter = cmp.Or(c.QuietAfter, time.Minute)
	c.AskInterval = cmp.Or(c.AskInterval, time.Minute)
	c.BytesPerSecond = cmp.Or(c.BytesPerSecond, 100_000_000)
	c.MinimumMemory = cmp.Or(c.MinimumMemory, 5)
	c.BroadcastFree = cmp.Or(c.BroadcastFree, 50_000_000_000)
	c.MinimumQuality = cmp.Or(c.MinimumQuality, 0.5)
	c.Patience = cmp.Or(c.Patience, 20*time.Second)
	if c.MaxDiskUsed == nil {
		c.MaxDiskUsed = func() float64 { return nodes.MaxDiskUsed }
	}
	return c
}

func (c Config) check() error {
	switch {
	case c.Interval < 0 || c.MinimumPause < 0 || c.RoundLimit < 0 || c.QuietAfter < 0 || c.AskInterval < 0 || c.Patience < 0:
		return errors.New("AUTO_SYNC: a duration is negative: use 0 for the default")
	case c.MinimumMemory < 0 || c.MinimumMemory >= 100:
		return fmt.Errorf("AUTO_SYNC: the memory limit is %v %%: give 0 to 99", c.MinimumMemory)
	}
	return nil
}
