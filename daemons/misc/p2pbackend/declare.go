package p2pbackend

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("P2P_BACKEND")

const (
	defaultListen = "127.0.0.1:0"
	minKeyBytes   = 16
	maxSeeds      = 100
)

// Config is what the daemon is given. The zero value listens on loopback for the other nodes of this machine.
type Config struct {
	// Listen is address:port for gossip, TCP and UDP; 127.0.0.1:0. Port 0 lets the kernel choose: the others find it
	// on the board.
	Listen string
	// Advertise is the address:port under which the others reach it, if that is another one than it listens on.
	Advertise string
	// Seeds are host:port of members to join first; those on the board are joined anyway.
	Seeds []string
	// Key encrypts and authenticates the gossip, the same on all nodes: 16 bytes or more. A secret. Without one only
	// loopback is listened on.
	Key string
	// Roles, Labels, Version and what the node's servers tell to Addresses go into the node's report.
	Roles     []spec.Role
	Labels    []string
	Addresses *nodes.Addresses
	Version   string
	// Idleness has what IDLE_RESOURCE measures, for the report too.
	Idleness *nodes.Idleness
	// Interval is the pause between two reports; nodes.ReportInterval.
	Interval time.Duration
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
		Type: Type, Category: spec.CategoryMisc, Runner: "create_p2p_backend",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeNode, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Listen = cmp.Or(c.Listen, defaultListen)
	c.Interval = cmp.Or(c.Interval, nodes.ReportInterval)
	return c
}

func (c Config) check() error {
	address, err := netip.ParseAddrPort(c.Listen)
	if err != nil {
		return fmt.Errorf("GOSSIP_LISTEN %q: write an IP address and a port, such as 127.0.0.1:7946", c.Listen)
	}
	switch {
	case c.Key == "" && !address.Addr().IsLoopback():
		return fmt.Errorf("GOSSIP_LISTEN %q is not on loopback and there is no key: set CLUSTER_KEY or CLUSTER_KEY_FILE to one secret on all nodes", c.Listen)
	case c.Key != "" && len(c.Key) < minKeyBytes:
		return fmt.Errorf("CLUSTER_KEY has %d bytes: give at least %d", len(c.Key), minKeyBytes)
	case len(c.Seeds) > maxSeeds:
		return fmt.Errorf("GOSSIP_SEEDS names %d members: at most %d", len(c.Seeds), maxSeeds)
	}
	if c.Advertise != "" {
		if advertised, err := netip.ParseAddrPort(c.Advertise); err != nil || advertised.Port() == 0 || advertised.Addr().IsUnspecified() {
			return fmt.Errorf("GOSSIP_ADVERTISE %q: write the IP address and the port that other nodes reach", c.Advertise)
		}
	}
	for _, seed := range c.Seeds {
		if _, _, err := net.SplitHostPort(seed); err != nil {
			return fmt.Errorf("GOSSIP_SEEDS %q: write host:port, separated by commas", seed)
		}
	}
	return nil
}

// secret is the key of the gossip's cipher, nil for none.
func (c Config) secret() []byte {
	if c.Key == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(c.Key))
	return sum[:]
}

// split returns the parts of an address that was checked.
func split(address string) (string, int) {
	host, text, _ := net.SplitHostPort(address)
	port, _ := strconv.Atoi(text)
	return host, port
}
