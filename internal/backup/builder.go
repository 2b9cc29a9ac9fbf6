package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

const (
	unfinished   = ".unfinished-"
	contents     = "contents"
	builderLock  = "lock"
	tarExtension = ".tar"
)

// builder is an archive that is being made, in a folder beside the place where it will be.
type builder struct {
	config Config
	target string
	dir    string
	lock   *flock.Flock
	parts  []Part
}

// newBuilder refuses a target that exists, and removes what dead backups have left beside it.
func newBuilder(config Config, target string) (*builder, error) {
	target, err := filepath.Abs(target)
	if err != nil {
		return nil, err
	}
	if err := refuseExisting(target); err != nil {
		return nil, err
	}
	parent := filepath.Dir(target)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("make the archive's folder: %w", err)
	}
	prefix := "." + filepath.Base(target) + unfinished
	if err := removeUnfinished(parent, prefix); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return nil, fmt.Errorf("make the archive's folder: %w", err)
	}
	b := &builder{config: config, target: target, dir: dir, lock: flock.New(filepath.Join(dir, builderLock))}
	_, err = b.lock.TryLock() // nobody else knows the name
	if err = errors.Join(err, os.Mkdir(filepath.Join(dir, contents), 0o700)); err != nil {
		b.discard()
		return nil, fmt.Errorf("make the archive's folder: %w", err)
	}
	return b, nil
}

// add has one part written to a new file, and enters it in the table of contents.
func (b *builder) add(ctx context.Context, name, about string, write func(path string) error) error {
	begin, path := b.config.Now(), b.path(name)
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = write(path)
	}
	if err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	part := Part{Name: name, About: about, TakenAt: begin.UTC()}
	if part.Bytes, part.SHA256, err = digestFile(ctx, path); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	b.parts = append(b.parts, part)
	b.config.Report(Progress{Part: name, Bytes: part.Bytes, Took: b.config.Now().Sub(begin)})
	return nil
}

// path is where a part is written.
func (b *builder) path(name string) string {
	return filepath.Join(b.dir, contents, filepath.FromSlash(name))
}

// discard removes what is not in its place; after a crash the next backup to the same target does.
func (b *builder) discard() {
	if err := errors.Join(os.RemoveAll(b.dir), b.lock.Close()); err != nil {
		b.config.Logger.Warn("an unfinished archive is left", "folder", b.dir, "error", err)
	}
}

func refuseExisting(target string) error {
	_, err := os.Lstat(target)
	if err == nil {
		return fmt.Errorf("%s exists, and a backup never overwrites: name a new one: %w", target, os.ErrExist)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look for %s: %w", target, err)
	}
	return nil
}

// removeUnfinished leaves alone what another backup works on: that one holds a lock.
func removeUnfinished(parent, prefix string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return fmt.Errorf("look for unfinished archives: %w", err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), prefix) {
			continue
		}
		dir := filepath.Join(parent, entry.Name())
		lock := flock.New(filepath.Join(dir, builderLock))
		if free, err := lock.TryLock(); err != nil || !free {
			continue
		}
		if err := errors.Join(os.RemoveAll(dir), lock.Close()); err != nil {
			return fmt.Errorf("remove the unfinished archive %s: %w", dir, err)
		}
	}
	return nil
}

func digestFile(ctx context.Context, path string) (bytes int64, sum string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	bytes, sum, err = digest(ctx, file)
	return bytes, sum, errors.Join(err, file.Close())
}
