package jobscheduler

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/retention"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("JOB_SCHEDULER")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Interval is the pause between two rounds that no event asked for; 5 s.
	Interval time.Duration
	// Lease is how long a job stays with a node that nobody hears of; 60 s. It is longer than a node may be silent
	// (spec.JobHeartbeatTimeout), or a job would be taken back while its processes still run.
	Lease time.Duration
	// Grants is how many jobs one round places at most; 100.
	Grants int
	// Candidates is how many jobs one round looks at; 500, at most 1000.
	Candidates int
	// KeepFinished is how long the ledger keeps a job that has ended; retention.JobAge.
	KeepFinished time.Duration
	// KeepDecisions and KeepRatings say what else the ledger keeps; retention.DecisionAge and its kin.
	KeepDecisions ledger.DecisionRetention
	KeepRatings   ledger.RatingRetention
	// Policy says where jobs go now; nil is jobs.DefaultPolicy.
	Policy func() jobs.Policy
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newScheduler(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryQueue, Runner: "create_job_scheduler",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 5*time.Second)
	c.Lease = cmp.Or(c.Lease, time.Minute)
	c.Grants = cmp.Or(c.Grants, 100)
	c.Candidates = cmp.Or(c.Candidates, 500)
	c.KeepFinished = cmp.Or(c.KeepFinished, retention.JobAge)
	c.KeepDecisions.Age = cmp.Or(c.KeepDecisions.Age, retention.DecisionAge)
	c.KeepDecisions.Newest = cmp.Or(c.KeepDecisions.Newest, retention.DecisionCount)
	c.KeepDecisions.Forever = []string{pipeline.DecisionQuarantine}
	c.KeepRatings.All = cmp.Or(c.KeepRatings.All, retention.RatingAge)
	c.KeepRatings.Daily = cmp.Or(c.KeepRatings.Daily, max(c.KeepRatings.All, retention.RatingDailyAge))
	c.KeepRatings.Newest = cmp.Or(c.KeepRatings.Newest, retention.RatingCount)
	if c.Policy == nil {
		c.Policy = jobs.DefaultPolicy
	}
	return c
}
