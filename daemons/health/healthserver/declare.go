package healthserver

import (
	"context"
	"net/http"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

// Type is the daemon's name.
const Type = spec.Type("HEALTH_SERVER")

// Fleet is where the view comes from: the supervisor.
type Fleet interface {
	Status(ctx context.Context) (spec.FleetStatus, error)
	// InForce has the rows of the daemons that the status tells of.
	InForce(ctx context.Context) (*spec.Registry, error)
}

// Board is where the view goes: the worker's HTTP server.
type Board interface {
	SetCluster(view *web.ClusterView)
	// URL is where this process reaches the server.
	URL() string
}

// Config is what the daemon is given. Zero durations mean the default.
type Config struct {
	Fleet Fleet
	Board Board
	// Interval is the pause between two fetches; 5 s.
	Interval time.Duration
	// Timeout bounds one fetch; 10 s.
	Timeout time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newDaemon(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryHealth, Runner: "create_health_server",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeNode, StartupPosition: 12, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	if c.Interval == 0 {
		c.Interval = 5 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	return c
}

func newDaemon(config Config, rt host.Runtime) *daemon {
	return &daemon{
		config: config, node: rt.Node, now: rt.Now, logger: rt.Logger,
		client: &http.Client{
			Transport: &http.Transport{DisableKeepAlives: true}, // and no proxy: the server is on this machine
			Timeout:   probeTimeout,
		},
		tried: make(chan struct{}),
	}
}
