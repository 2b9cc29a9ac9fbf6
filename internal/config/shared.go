package config

import "path/filepath"

// Installation says where the parts of one installation are. The worker, the starter and `make up` share it.
type Installation struct {
	DataDir    string `env:"DATA_DIR" envDefault:".data" help:"this node's files"`
	ClusterDir string `env:"CLUSTER_DIR" help:"files shared by the workers of this machine; default $DATA_DIR/cluster"`
	BusListen  string `env:"BUS_LISTEN" envDefault:"127.0.0.1:4222" help:"where the built-in event bus listens"`
	NATSURL    string `env:"NATS_URL" secret:"true" help:"an event bus of your own, used instead of the built-in one"`
}

// Shared is what the worker and the starter have in common.
type Shared struct {
	Installation
	NodeID   string `env:"NODE_ID" help:"name of this node; default the host name"`
	BusToken string `env:"NATS_TOKEN" secret:"true" help:"token of the event bus, if it asks for one"`
	StoreDSN string `env:"STORE_DSN" secret:"true" help:"PostgreSQL that keeps the ledger, as a URL; default an SQLite file in CLUSTER_DIR, for one machine"`
}

// SharedDir is the folder that the workers of this machine share.
func (i Installation) SharedDir() string {
	if i.ClusterDir != "" {
		return i.ClusterDir
	}
	return filepath.Join(i.DataDir, "cluster")
}

// BusDir holds the files of the built-in event bus.
func (i Installation) BusDir() string { return filepath.Join(i.SharedDir(), "bus") }

// BusURL is where the event bus is reached.
func (i Installation) BusURL() string {
	if i.NATSURL != "" {
		return i.NATSURL
	}
	return "nats://" + i.BusListen
}

// LedgerPath is the SQLite file of a ledger that no STORE_DSN names.
func (i Installation) LedgerPath() string { return filepath.Join(i.SharedDir(), "ledger.db") }
