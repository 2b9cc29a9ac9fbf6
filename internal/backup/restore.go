package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Restored says what a restore has made.
type Restored struct {
	Manifest Manifest `json:"manifest"`
	// FencesReset counts the fences of the bus and of the ledger that are gone.
	FencesReset int `json:"fences_reset"`
	// ClockBehind says that this machine's clock is behind the newest epoch of the backup: without the reset, new
	// copies of daemons would have been refused.
	ClockBehind bool `json:"clock_behind"`
}

// restoration is one restore on its way.
type restoration struct {
	config  Config
	archive *Archive
	data    place
	cluster place
}

// Restore makes an installation of an archive. DataDir and ClusterDir must be empty or missing, and nothing may run in
// them; on an error they hold nothing of the archive.
func Restore(ctx context.Context, config Config, path string) (restored Restored, err error) {
	config = config.withDefaults()
	archive, err := Open(path)
	if err != nil {
		return restored, err
	}
	defer archive.Close()
	r := &restoration{
		config: config, archive: archive,
		data: place{dir: config.DataDir, variable: "DATA_DIR"}, cluster: place{dir: config.ClusterDir, variable: "CLUSTER_DIR"},
	}
	if err := r.refuse(); err != nil {
		return restored, fmt.Errorf("restore %s: %w", path, err)
	}
	if err := archive.Verify(ctx, nil); err != nil {
		return restored, err
	}
	restored.Manifest = archive.Manifest
	restored.ClockBehind = config.Now().Before(archive.Manifest.NewestEpoch)
	if restored.FencesReset, err = r.carryOut(ctx); err != nil {
		return restored, fmt.Errorf("restore %s: %w", path, err)
	}
	return restored, nil
}

// refuse finds out what speaks against a restore, before anything is read.
func (r *restoration) refuse() error {
	manifest := r.archive.Manifest
	if err := errors.Join(r.data.refuseUsed(), r.cluster.refuseUsed()); err != nil {
		return err
	}
	if r.config.OwnBus && manifest.hasBus() {
		return errors.New("the archive holds the built-in event bus and NATS_URL names another one: unset NATS_URL for the restore, and for `up`")
	}
	if r.config.OwnLedger && manifest.has(partLedger) {
		return errors.New("the archive holds the ledger as a file and STORE_DSN names a PostgreSQL: unset STORE_DSN for the restore, and for `up`")
	}
	return nil
}

// carryOut makes all parts beside their places and then moves them there.
func (r *restoration) carryOut(ctx context.Context) (forgotten int, err error) {
	defer func() { err = errors.Join(err, r.cluster.discard(), r.data.discard()) }()
	if err := errors.Join(r.data.open(), r.cluster.open()); err != nil {
		return 0, err
	}
	if err := r.files(ctx); err != nil {
		return 0, err
	}
	ofBus, err := r.bus(ctx)
	if err != nil {
		return 0, err
	}
	ofLedger, err := r.ledger(ctx)
	if err != nil {
		return 0, err
	}
	if err := r.data.move(); err != nil {
		return 0, err
	}
	return ofBus + ofLedger, r.cluster.move() // with the installation's id
}

func (r *restoration) files(ctx context.Context) error {
	for _, part := range []struct {
		name, to string
	}{
		{partInstallation, r.cluster.stage(installationFile)},
		{partTemporal, r.data.stage("temporal", "temporal.db")},
		{partWorkers, r.data.stage("running", "workers")},
	} {
		if err := r.extract(ctx, part.name, part.to); err != nil {
			return err
		}
	}
	return r.spool()
}

// extract writes a part to its file; an archive may do without it.
func (r *restoration) extract(ctx context.Context, name, to string) error {
	if !r.archive.Manifest.has(name) {
		return nil
	}
	begin := time.Now()
	err := os.MkdirAll(filepath.Dir(to), 0o755)
	if err == nil {
		err = r.archive.extract(ctx, name, to)
	}
	if err == nil {
		err = sync(filepath.Dir(to))
	}
	if err != nil {
		return fmt.Errorf("part %s: %w", name, err)
	}
	r.done(name, begin)
	return nil
}

func (r *restoration) done(name string, begin time.Time) {
	for _, part := range r.archive.Manifest.Parts {
		if part.Name == name {
			r.config.Report(Progress{Part: name, Bytes: part.Bytes, Took: time.Since(begin)})
		}
	}
}
