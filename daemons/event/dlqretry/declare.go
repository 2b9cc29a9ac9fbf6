// Package dlqretry is DLQ_RETRY: it gives what a subscriber could not handle further chances, to that
// subscriber alone, and then leaves it to a person.
//
//	declare.go  the registry row and the configuration
//	dlqretry.go one round: retry, give up, forget
//	report.go   the events that tell of it
//	health.go   how many letters wait and how many were given up
package dlqretry

import (
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("DLQ_RETRY")

// Config holds the policy. Zero means the default.
type Config struct {
	// Interval is the pause between two rounds; 60 s.
	Interval time.Duration
	// BaseDelay is the pause after the first failed retry; 60 s. It doubles with each one, up to MaxDelay, 1 h.
	BaseDelay time.Duration
	MaxDelay  time.Duration
	// MaxTries is how many retries may fail before a letter is abandoned; 5.
	MaxTries int
	// MaxAge is the age at which a letter is abandoned whatever its retries; 168 h.
	MaxAge time.Duration
	// KeepFinished is how long recovered and abandoned letters stay listed; 7 days.
	KeepFinished time.Duration
	// Batch is how many letters one round redelivers at most; 10.
	Batch int
	// StaleCount is how many waiting letters are worth an event; 50.
	StaleCount int
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newRetrier(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryEvent, Runner: "create_dlq_retry", DependsOn: []spec.Type{"EVENT_ROUTER"},
		AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	setDefault(&c.Interval, time.Minute)
	setDefault(&c.BaseDelay, time.Minute)
	setDefault(&c.MaxDelay, time.Hour)
	setDefault(&c.MaxTries, 5)
	setDefault(&c.MaxAge, 168*time.Hour)
	setDefault(&c.KeepFinished, 7*24*time.Hour)
	setDefault(&c.Batch, 10)
	setDefault(&c.StaleCount, 50)
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
