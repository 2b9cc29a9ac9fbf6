package backup

import (
	"log/slog"
	"path/filepath"
	"time"
)

// Config says which installation is backed up, or made again.
type Config struct {
	// DataDir is the node's folder, ClusterDir the one that the workers of its machine share.
	DataDir, ClusterDir string
	// BusURL and BusToken are where the built-in event bus answers while EVENT_ROUTER runs it.
	BusURL, BusToken string
	// OwnBus says that the operator runs the event bus (NATS_URL), OwnLedger that the ledger is in PostgreSQL (STORE_DSN).
	OwnBus, OwnLedger bool
	// Build names this program's build, for the manifest.
	Build string
	// Report is told of every part that is done; nil tells nobody.
	Report func(Progress)
	Logger *slog.Logger     // default: silent
	Now    func() time.Time // default: time.Now
}

// Progress is one part that was written or read.
type Progress struct {
	Part  string
	Bytes int64
	Took  time.Duration
}

// Where the parts of an installation lie.
const (
	// LedgerFile is the SQLite ledger's name in CLUSTER_DIR.
	LedgerFile = "ledger.db"

	installationFile = "installation"
	busFolder        = "bus"
)

func (c Config) withDefaults() Config {
	if c.Report == nil {
		c.Report = func(Progress) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) temporalFile() string { return filepath.Join(c.DataDir, "temporal", "temporal.db") }

// workersFile has the identities of this node's workers; see activities.Records.
func (c Config) workersFile() string      { return filepath.Join(c.DataDir, "running", "workers") }
func (c Config) eventsDir() string        { return filepath.Join(c.DataDir, "events") }
func (c Config) busDir() string           { return filepath.Join(c.ClusterDir, busFolder) }
func (c Config) ledgerFile() string       { return filepath.Join(c.ClusterDir, LedgerFile) }
func (c Config) installationFile() string { return filepath.Join(c.ClusterDir, installationFile) }
