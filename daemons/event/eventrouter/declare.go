// Package eventrouter is EVENT_ROUTER: it runs the event bus that all other daemons meet on.
//
//	declare.go      the registry row and the configuration
//	eventrouter.go  the server, embedded or external, and its streams
//	health.go       whether events are stored and read
package eventrouter

import (
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("EVENT_ROUTER")

// Config says where the bus is. The zero value embeds a server on bus.DefaultListen.
type Config struct {
	// Listen is host:port of the embedded server; off loopback it needs a Token.
	Listen string
	// URL names an external server; nothing is embedded then.
	URL string
	// Token is what the clients of the embedded server must present.
	Token string
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newRouter(config, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryEvent, Runner: "create_event_router",
		AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts, Critical: true,
		Scope: spec.ScopeCluster, StartupPosition: 0, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) server(dir string, rt host.Runtime) bus.ServerConfig {
	return bus.ServerConfig{Dir: dir, Listen: c.Listen, Token: c.Token, Logger: rt.Logger}
}
