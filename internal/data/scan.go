package data

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// scan is one walk over the folders.
type scan struct {
	dir     *Dir
	begin   uint64
	budget  int64
	found   map[Place]held
	changed map[Place]Changed
	scanResult
}

func (s *scan) walk(ctx context.Context, folder *folder) error {
	return fs.WalkDir(folder.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // it went while we looked
		case errors.Is(err, fs.ErrPermission) && name != ".":
			return s.unreadable(folder, name)
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case name == ".":
			return nil
		case entry.IsDir():
			if strings.HasPrefix(entry.Name(), ".") || strings.Count(name, "/") >= folder.Parts-1 {
				return fs.SkipDir
			}
			return nil
		case len(s.found)+s.pending >= maxItems:
			s.truncated = true
			return fs.SkipAll
		}
		return s.file(ctx, folder, name, entry)
	})
}

// diskFolder is what the root of a disk has, for root alone.
const diskFolder = "lost+found"

// unreadable leaves a folder out. What was in it is not gone.
func (s *scan) unreadable(folder *folder, name string) error {
	if path.Base(name) == diskFolder {
		s.ignored++
		return fs.SkipDir
	}
	s.dir.config.Logger.Warn("a folder is left out of the inventory until it can be read", "folder", path.Join(folder.Path, name))
	s.pending++
	return fs.SkipDir
}

func (s *scan) file(ctx context.Context, folder *folder, name string, entry fs.DirEntry) error {
	switch {
	case companion(name) || folder.Live && path.Ext(name) != ".db":
		return nil
	case !entry.Type().IsRegular() || CheckName(name, folder.Parts) != nil:
		s.ignored++
		return nil
	}
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	file, err := identify(info)
	if err != nil {
		return err
	}
	item := Item{
		Place: Place{folder.Role, name}, Bytes: info.Size(), ConfigKey: ConfigKey(name),
		Modified: info.ModTime().UTC(), Live: folder.Live,
	}
	if folder.Live {
		item.Modified = lastWritten(folder, name, item.Modified)
		s.found[item.Place] = held{item: item, identity: file}
		return nil
	}
	return s.hash(ctx, folder, held{item: item, identity: file})
}

// companion says that a file belongs to another one, or is not finished.
func companion(name string) bool {
	if strings.HasPrefix(path.Base(name), ".") {
		return true
	}
	return slices.ContainsFunc([]string{"-wal", "-shm", "-journal", ".writing", ".tmp", ".part"}, func(suffix string) bool {
		return strings.HasSuffix(name, suffix)
	})
}

// lastWritten is the time of a database or of its log, whichever is later.
func lastWritten(folder *folder, name string, modified time.Time) time.Time {
	if info, err := folder.Stat(name + "-wal"); err == nil && info.ModTime().After(modified) { // mostly there is none
		return info.ModTime().UTC()
	}
	return modified
}

func (s *scan) hash(ctx context.Context, folder *folder, one held) error {
	s.dir.mu.RLock()
	before, known := s.dir.held[one.item.Place]
	s.dir.mu.RUnlock()
	if known && before.identity == one.identity {
		one.item.SHA256 = before.item.SHA256
		s.found[one.item.Place] = one
		return nil
	}
	content, known, err := s.dir.index.get(ctx, one.identity)
	if err != nil {
		return err
	}
	if !known {
		if s.budget <= 0 || one.item.Bytes > MaxItemBytes || !one.identity.settled(s.dir.config.Now()) {
			s.pending++
			return nil
		}
		if content, err = s.read(ctx, folder, one); err != nil || content.SHA256.IsZero() {
			return err
		}
	}
	changed, err := s.isChanged(ctx, one, content)
	if err != nil {
		return err
	}
	if changed { // the index keeps what it was, until it is put aside
		one.item.SHA256 = one.item.Place.sum()
		s.changed[one.item.Place] = Changed{Item: one.item, SHA256: content.SHA256, identity: one.identity}
		return nil
	}
	one.item.SHA256 = content.SHA256
	s.found[one.item.Place] = one
	if known {
		return nil
	}
	return s.dir.index.put(ctx, one.identity, content)
}

// read hashes a file. One that changes meanwhile, or cannot be read, is pending.
func (s *scan) read(ctx context.Context, folder *folder, one held) (Content, error) {
	s.budget -= one.item.Bytes
	content, err := readUnchanged(ctx, folder, one)
	switch {
	case ctx.Err() != nil:
		return Content{}, ctx.Err()
	case err != nil:
		s.dir.config.Logger.Warn("a file is left out of the inventory until it can be read", "file", one.item.Place.String(), "error", err)
		s.pending++
		return Content{}, nil
	}
	return content, nil
}

func readUnchanged(ctx context.Context, folder *folder, one held) (Content, error) {
	file, err := folder.Open(one.item.Name)
	if err != nil {
		return Content{}, err
	}
	defer func() { _ = file.Close() }() // it was only read
	if err := one.identity.check(file); err != nil {
		return Content{}, err
	}
	content, err := ReadContent(ctx, file)
	if err != nil {
		return Content{}, err
	}
	return content, one.identity.check(file)
}

func (s *scan) identities() []identity {
	all := make([]identity, 0, len(s.found)+len(s.changed))
	for _, one := range s.found {
		all = append(all, one.identity)
	}
	for _, one := range s.changed {
		all = append(all, one.identity)
	}
	return all
}
