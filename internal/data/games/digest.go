package games

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
)

// Digest is what a games database says: equal digests mean the same games with the same rows, however their
// pages are laid out and in whichever order they came. Games that are not over do not count.
type Digest struct {
	SHA256 data.Sum `json:"sha256"`
	Games  int64    `json:"games"`  // that are over
	Moves  int64    `json:"moves"`  // of these
	Active int64    `json:"active"` // games that are not over, which are no part of the digest
}

// Completeness tells which games of a database count.
type Completeness struct {
	Complete int64   `json:"complete"`
	Active   int64   `json:"active"`
	Faulty   int64   `json:"faulty"` // over, but not complete
	Faults   []Fault `json:"faults"` // the first of them
}

// ReadDigest reads all games of a database, which may be live.
func ReadDigest(ctx context.Context, path string) (Digest, error) {
	digest, _, err := Examine(ctx, path)
	return digest, err
}

// Examine reads all games of a database, which may be live, once: what they say, and which of them are complete.
func Examine(ctx context.Context, path string) (Digest, Completeness, error) {
	digest, counts := Digest{}, Completeness{}
	hash := sha256.New()
	err := eachGameOf(ctx, path, func(one game) error {
		if !one.over() {
			digest.Active++
			counts.Active++
			return nil
		}
		if reason := one.fault(); reason == "" {
			counts.Complete++
		} else {
			counts.Faulty++
			counts.Faults = addFault(counts.Faults, one.id, reason)
		}
		digest.Games++
		digest.Moves += int64(one.moves)
		_, err := fmt.Fprintf(hash, "%q %d %s\n", one.id, one.moves, one.sum)
		return err
	})
	digest.SHA256 = data.Sum(hash.Sum(nil))
	return digest, counts, err
}

func addFault(faults []Fault, id, reason string) []Fault {
	if len(faults) == maxFaults {
		return faults
	}
	return append(faults, Fault{id, reason})
}

// eachGameOf reads a database of any kind in one transaction, so that all tables are of one moment.
func eachGameOf(ctx context.Context, path string, act func(game) error) error {
	db, err := format.OpenLive(ctx, path)
	if err != nil {
		return err
	}
	reading, err := connect(ctx, db, path)
	if err != nil {
		return err
	}
	err = reading.inTransaction(ctx, "BEGIN DEFERRED", func() error {
		tables, err := reading.readTables(ctx, "main")
		if err != nil {
			return err
		}
		return reading.eachGame(ctx, "main", tables, "TRUE", act)
	})
	if err = errors.Join(err, reading.close()); err != nil {
		return fmt.Errorf("read games of %s: %w", path, err)
	}
	return nil
}
