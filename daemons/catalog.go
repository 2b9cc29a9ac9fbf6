package daemons

import (
	"github.com/ringrift/orchestrator/daemons/event/crossprocesspoller"
	"github.com/ringrift/orchestrator/daemons/event/dlqretry"
	"github.com/ringrift/orchestrator/daemons/event/eventrouter"
	"github.com/ringrift/orchestrator/daemons/health/daemonwatchdog"
	"github.com/ringrift/orchestrator/daemons/health/healthserver"
	"github.com/ringrift/orchestrator/internal/host"
)

// Config has the settings of every daemon; zero means the defaults. Tools that only read the rows leave it empty.
type Config struct {
	EventRouter        eventrouter.Config
	CrossProcessPoller crossprocesspoller.Config
	DLQRetry           dlqretry.Config
	DaemonWatchdog     daemonwatchdog.Config
	HealthServer       healthserver.Config
}

// Catalog lists the daemons that this build can run, one line each.
func Catalog(config Config) []host.Declaration {
	return []host.Declaration{
		eventrouter.Declare(config.EventRouter),
		crossprocesspoller.Declare(config.CrossProcessPoller),
		dlqretry.Declare(config.DLQRetry),
		daemonwatchdog.Declare(config.DaemonWatchdog),
		healthserver.Declare(config.HealthServer),
	}
}
