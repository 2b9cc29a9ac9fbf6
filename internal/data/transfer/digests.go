package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/games"
)

// errDigestUnderWay says that a digest is being computed; one at a time is enough for a machine.
var errDigestUnderWay = errors.New("another digest is being computed")

// digests computes the digests of live stores, and again only when they changed.
type digests struct {
	dir     *data.Dir
	working sync.Mutex
	mu      sync.Mutex
	known   map[string]knownDigest
}

type knownDigest struct {
	version storeVersion
	digest  games.Digest
}

// storeVersion changes with every write to a store: a database's own file or its log is written.
type storeVersion struct {
	file, log           time.Time
	fileBytes, logBytes int64
}

func newDigests(dir *data.Dir) *digests { return &digests{dir: dir, known: map[string]knownDigest{}} }

// of returns the digest of a store.
func (d *digests) of(ctx context.Context, name string) (games.Digest, error) {
	item, found := d.dir.Lookup(data.Place{Role: data.RoleStore, Name: name})
	if !found {
		return games.Digest{}, fmt.Errorf("digest of %.80q: %w", name, data.ErrNotHere)
	}
	path, err := d.dir.Path(item.Place)
	if err != nil {
		return games.Digest{}, err
	}
	// A version that is older than what is read is computed again; a newer one would hide a change.
	version, err := versionOf(path)
	if err != nil {
		return games.Digest{}, err
	}
	d.mu.Lock()
	known := d.known[name]
	d.mu.Unlock()
	if known.version == version {
		return known.digest, nil
	}
	return d.compute(ctx, name, path, version)
}

func (d *digests) compute(ctx context.Context, name, path string, version storeVersion) (games.Digest, error) {
	if !d.working.TryLock() {
		return games.Digest{}, errDigestUnderWay
	}
	defer d.working.Unlock()
	digest, err := games.ReadDigest(ctx, path)
	if err != nil {
		return games.Digest{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known[name] = knownDigest{version, digest}
	return digest, nil
}

func versionOf(path string) (storeVersion, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return storeVersion{}, fmt.Errorf("digest: %w", data.ErrNotHere)
	}
	if err != nil {
		return storeVersion{}, fmt.Errorf("digest: %w", err)
	}
	version := storeVersion{file: info.ModTime(), fileBytes: info.Size()}
	if log, err := os.Stat(path + "-wal"); err == nil { // mostly there is none
		version.log, version.logBytes = log.ModTime(), log.Size()
	}
	return version, nil
}
