package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

func (r *restoration) spool() error {
	return r.read(partSpool, func(part io.Reader) error { return unpackSpool(part, r.data.stage("events")) })
}

func (r *restoration) ledger(ctx context.Context) (forgotten int, err error) {
	if !r.archive.Manifest.has(partLedger) {
		return 0, nil
	}
	file := r.cluster.stage(LedgerFile)
	if err := r.extract(ctx, partLedger, file); err != nil {
		return 0, err
	}
	return resetLedger(ctx, file)
}

// bus opens an empty bus in the stage, fills it and closes it.
func (r *restoration) bus(ctx context.Context) (forgotten int, err error) {
	if !r.archive.Manifest.hasBus() {
		return 0, nil
	}
	target, err := serveBus(r.config, r.cluster.stage(busFolder))
	if err != nil {
		return 0, fmt.Errorf("open a new event bus: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if err := r.fill(ctx, target); err != nil {
		return 0, err
	}
	return target.resetFences(ctx)
}

// fill restores the log, what was logged after its snapshot, and the buckets.
func (r *restoration) fill(ctx context.Context, target *eventBus) error {
	err := r.stream(logStream, snapshotSuffix, func(settings []byte, snapshot io.Reader) error {
		return target.restore(ctx, settings, snapshot)
	})
	if err != nil {
		return err
	}
	if err := r.read(partTail, func(tail io.Reader) error { return target.appendTail(ctx, tail) }); err != nil {
		return err
	}
	for _, bucket := range r.archive.Manifest.buckets() {
		err := r.stream(bucket, entriesSuffix, func(settings []byte, entries io.Reader) error {
			return target.bucket(ctx, settings, entries)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stream has one stream made from its two parts.
func (r *restoration) stream(stream, suffix string, fill func(settings []byte, content io.Reader) error) error {
	settings, err := r.archive.small(busPrefix + stream + settingsSuffix)
	if err != nil {
		return fmt.Errorf("part %w", err)
	}
	return r.read(busPrefix+stream+suffix, func(content io.Reader) error { return fill(settings, content) })
}

// read opens one part for use.
func (r *restoration) read(name string, use func(io.Reader) error) error {
	begin := time.Now()
	part, _, err := r.archive.files.open(name)
	if err == nil {
		err = errors.Join(use(part), part.Close())
	}
	if err != nil {
		return fmt.Errorf("part %s: %w", name, err)
	}
	r.done(name, begin)
	return nil
}
