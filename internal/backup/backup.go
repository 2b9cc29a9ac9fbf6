package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Backup writes an archive of an installation, while it runs or not: one tar file if target ends in .tar, else a
// folder. The target must not exist; it is there when Backup returns without error, and not otherwise.
func Backup(ctx context.Context, config Config, target string) (Manifest, error) {
	config = config.withDefaults()
	b, err := newBuilder(config, target)
	if err != nil {
		return Manifest{}, fmt.Errorf("back up: %w", err)
	}
	defer b.discard()
	manifest := Manifest{Format: format, Build: config.Build, StartedAt: config.Now().UTC()}
	for _, take := range []func(context.Context, *Manifest) error{
		b.takeInstallation, b.takeTemporal, b.takeWorkers, b.takeSpool, b.takeBus, b.takeLedger,
	} {
		if err := take(ctx, &manifest); err != nil {
			return Manifest{}, err
		}
	}
	manifest.leave("games, samples, models and checkpoints of all nodes",
		"copy games, training, models and checkpoints below each DATA_DIR with any tool (docs/backup.md); their files never change")
	manifest.leave("events that other nodes have not yet given to the bus", "leave their DATA_DIR as it is: they send them after the restore")
	manifest.Parts, manifest.FinishedAt = b.parts, config.Now().UTC()
	if err := b.seal(ctx, manifest); err != nil {
		return Manifest{}, err
	}
	return manifest, nil
}

func (b *builder) takeInstallation(ctx context.Context, manifest *Manifest) error {
	id, err := os.ReadFile(b.config.installationFile())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("back up: %s is missing, so nothing was ever up in this CLUSTER_DIR: name the right folders with --data-dir and CLUSTER_DIR",
			b.config.installationFile())
	}
	if err != nil {
		return fmt.Errorf("back up the installation's id: %w", err)
	}
	manifest.Installation = strings.TrimSpace(string(id))
	return b.add(ctx, partInstallation, "the installation's id", func(path string) error { return createText(path, id) })
}

func (b *builder) takeTemporal(ctx context.Context, manifest *Manifest) error {
	file := b.config.temporalFile()
	if there, err := exists(file); err != nil || !there {
		manifest.leave("Temporal", "there is no development database at "+file+
			": back up your Temporal server with its own tools, before the rest")
		return err
	}
	return b.add(ctx, partTemporal, "Temporal's development database", func(path string) error {
		return copySQLite(ctx, file, path)
	})
}

// takeWorkers keeps who ran what Temporal believes to run: the restored node's first worker knows them for dead and
// frees what they had at once.
func (b *builder) takeWorkers(ctx context.Context, _ *Manifest) error {
	workers, err := os.ReadFile(b.config.workersFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil // none has run here
	}
	if err != nil {
		return fmt.Errorf("back up the names of this node's workers: %w", err)
	}
	return b.add(ctx, partWorkers, "the names of this node's workers", func(path string) error { return createText(path, workers) })
}

func (b *builder) takeSpool(ctx context.Context, _ *Manifest) error {
	return b.add(ctx, partSpool, "this node's events on their way to the bus", func(path string) error {
		return packSpool(ctx, b.config.eventsDir(), path)
	})
}

func (b *builder) takeBus(ctx context.Context, manifest *Manifest) (err error) {
	if b.config.OwnBus {
		manifest.leave("the event bus", "NATS_URL names a server of your own: `nats account backup`, after Temporal and before the ledger")
		return nil
	}
	if there, err := exists(b.config.busDir()); err != nil || !there {
		manifest.leave("the event bus", "there is none yet in "+b.config.busDir())
		return err
	}
	source, err := openBus(b.config)
	if err != nil {
		return fmt.Errorf("back up the event bus: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	buckets, hasLog, err := source.streams(ctx)
	if err == nil {
		manifest.Fences, manifest.NewestEpoch, err = source.fences(ctx)
	}
	if err != nil {
		return fmt.Errorf("back up the event bus: %w", err)
	}
	if !hasLog { // then nothing was ever published
		return nil
	}
	return b.takeStreams(ctx, source, buckets)
}

// takeStreams keeps the order that the package's comment gives the reasons of.
func (b *builder) takeStreams(ctx context.Context, source *eventBus, buckets []string) error {
	last, err := b.takeLog(ctx, source)
	if err != nil {
		return err
	}
	for _, bucket := range buckets {
		if err := b.takeBucket(ctx, source, bucket); err != nil {
			return err
		}
	}
	return b.add(ctx, partTail, "what was logged during the backup", func(path string) error {
		return create(path, func(w io.Writer) error { return source.writeMessages(ctx, logStream, last, w) })
	})
}

// takeLog returns the place up to which the snapshot has the log for certain.
func (b *builder) takeLog(ctx context.Context, source *eventBus) (last uint64, err error) {
	var settings streamSettings
	err = b.add(ctx, busPrefix+logStream+snapshotSuffix, "the event log with the places of its readers", func(path string) error {
		return create(path, func(w io.Writer) (err error) {
			settings, err = source.snapshot(ctx, w)
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	if err := b.takeSettings(ctx, logStream, settings); err != nil {
		return 0, err
	}
	last, err = settings.lastSequence()
	if err != nil {
		return 0, fmt.Errorf("back up the event log: %w", err)
	}
	return last, nil
}

func (b *builder) takeBucket(ctx context.Context, source *eventBus, bucket string) error {
	stream, err := source.js.Stream(ctx, bucket)
	if err != nil {
		return fmt.Errorf("back up %s: %w", bucket, err)
	}
	if err := b.takeSettings(ctx, bucket, stream.CachedInfo().Config); err != nil {
		return err
	}
	return b.add(ctx, busPrefix+bucket+entriesSuffix, "bucket "+bucket+" of the event bus", func(path string) error {
		return create(path, func(w io.Writer) error { return source.writeMessages(ctx, bucket, 0, w) })
	})
}

func (b *builder) takeSettings(ctx context.Context, stream string, settings any) error {
	return b.add(ctx, busPrefix+stream+settingsSuffix, "the settings of "+stream, func(path string) error {
		text, err := json.Marshal(settings)
		return errors.Join(err, createText(path, text))
	})
}

func (b *builder) takeLedger(ctx context.Context, manifest *Manifest) error {
	if b.config.OwnLedger {
		manifest.leave("the ledger", "STORE_DSN names a PostgreSQL of your own: pg_dump --format=custom, after this backup has ended")
		return nil
	}
	file := b.config.ledgerFile()
	if there, err := exists(file); err != nil || !there {
		manifest.leave("the ledger", "there is none yet at "+file)
		return err
	}
	return b.add(ctx, partLedger, "the ledger", func(path string) error { return copySQLite(ctx, file, path) })
}

func (m *Manifest) leave(what, do string) {
	m.Elsewhere = append(m.Elsewhere, Elsewhere{What: what, Do: do})
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
