package backup

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// container is how an archive lies on the disk.
type container interface {
	// open returns a file of the archive and its size; fs.ErrNotExist when it has none of that name.
	open(name string) (io.ReadCloser, int64, error)
	Close() error
}

func openContainer(path string) (container, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		root, err := os.OpenRoot(path)
		return folder{root}, err
	}
	return openTarball(path, info.Size())
}

// folder is an archive whose parts are files.
type folder struct{ *os.Root }

func (f folder) open(name string) (io.ReadCloser, int64, error) {
	file, err := f.Root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", name)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// tarball is an archive in one tar file, whose parts are read where they lie.
type tarball struct {
	file  *os.File
	size  int64
	found map[string]section
}

type section struct{ offset, bytes int64 }

// openTarball finds the parts of a tar file. Where the file is cut short, what comes before is found.
func openTarball(path string, size int64) (*tarball, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &tarball{file: file, size: size, found: map[string]section{}}
	packed := tar.NewReader(file)
	for {
		header, err := packed.Next()
		if err != nil {
			break // at the end, or where it is damaged: then parts are missing, and they are named
		}
		offset, err := file.Seek(0, io.SeekCurrent) // a tar reader does not read ahead
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if _, twice := t.found[header.Name]; header.Typeflag == tar.TypeReg && !twice {
			t.found[header.Name] = section{offset, header.Size}
		}
	}
	return t, nil
}

func (t *tarball) open(name string) (io.ReadCloser, int64, error) {
	at, found := t.found[name]
	if !found {
		return nil, 0, fmt.Errorf("find %s: %w", name, fs.ErrNotExist)
	}
	there := max(0, min(at.bytes, t.size-at.offset))
	return io.NopCloser(io.NewSectionReader(t.file, at.offset, there)), there, nil
}

func (t *tarball) Close() error { return t.file.Close() }
