package dataserver

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("DATA_SERVER")

const defaultListen = "127.0.0.1:0"

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Listen is address:port; 127.0.0.1:0. Port 0 lets the kernel choose: the others find it on the board.
	Listen string
	// Advertise is the address:port under which the others reach it, if that is another one than it listens on.
	Advertise string
	// Token is asked of whoever wants something, the same on all nodes: 16 bytes or more. A secret. Without one, on
	// loopback only, the nodes of this machine share one by a file in CLUSTER_DIR.
	Token string
	// OldToken is accepted too, while the token is changed on the nodes one after the other.
	OldToken string
	// BytesPerSecond bounds all answers together; 0 means unlimited.
	BytesPerSecond int64
	// Addresses is told where the server is reached; nil tells nobody.
	Addresses *nodes.Addresses
	// Labels are the node's own words; the server of an ephemeral node lingers when it is told to end.
	Labels []string
	// ScanInterval is the pause between two looks at the folders; 30 s.
	ScanInterval time.Duration
	// ScrubInterval is the pause between two re-readings of files; 1 h. Each reads ScrubBytes at most; 4 GiB.
	ScrubInterval time.Duration
	ScrubBytes    int64
	// KeepQuarantined is how long corrupt files are kept; 30 days. KeepPartial is how long what a transfer left
	// waits to be gone on with; 24 h.
	KeepQuarantined time.Duration
	KeepPartial     time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		config := config.withDefaults()
		if err := config.check(); err != nil {
			return nil, host.Never(err)
		}
		return newDaemon(config, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryDistribution, Runner: "create_data_server",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeNode, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Listen = cmp.Or(c.Listen, defaultListen)
	c.ScanInterval = cmp.Or(c.ScanInterval, 30*time.Second)
	c.ScrubInterval = cmp.Or(c.ScrubInterval, time.Hour)
	c.ScrubBytes = cmp.Or(c.ScrubBytes, 4<<30)
	c.KeepQuarantined = cmp.Or(c.KeepQuarantined, 30*24*time.Hour)
	c.KeepPartial = cmp.Or(c.KeepPartial, 24*time.Hour)
	return c
}

func (c Config) check() error {
	address, err := netip.ParseAddrPort(c.Listen)
	if err != nil {
		return fmt.Errorf("DATA_ADDR %q: write an IP address and a port, such as 127.0.0.1:8766", c.Listen)
	}
	if !address.Addr().IsLoopback() && c.Token == "" {
		return fmt.Errorf("DATA_ADDR %q is not on loopback and there is no token: set DATA_TOKEN or DATA_TOKEN_FILE to one secret on all nodes", c.Listen)
	}
	if c.Advertise != "" {
		advertised, err := netip.ParseAddrPort(c.Advertise)
		if err != nil || advertised.Port() == 0 || advertised.Addr().IsUnspecified() {
			return fmt.Errorf("DATA_ADVERTISE %q: write the IP address and the port that other nodes reach", c.Advertise)
		}
	} else if address.Addr().IsUnspecified() {
		return fmt.Errorf("DATA_ADDR %q listens everywhere: set DATA_ADVERTISE to the address and the port that other nodes reach", c.Listen)
	}
	if c.ScanInterval < 0 || c.ScrubInterval < 0 || c.ScrubBytes < 0 || c.BytesPerSecond < 0 {
		return errors.New("DATA_SERVER: intervals and limits must not be negative: use 0 for the default")
	}
	return nil
}
