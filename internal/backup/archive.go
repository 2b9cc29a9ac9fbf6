package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Archive is a finished archive that is read.
type Archive struct {
	Manifest Manifest
	path     string
	files    container
}

// Open opens an archive, a folder or a tar file, and reads its manifest. The parts are not looked at yet. Close it
// when done.
func Open(path string) (*Archive, error) {
	files, err := openContainer(path)
	if err != nil {
		return nil, fmt.Errorf("open archive %s: %w", path, err)
	}
	a := &Archive{path: path, files: files}
	text, err := a.small(manifestFile)
	var sum []byte
	if err == nil {
		sum, err = a.small(manifestSumFile)
	}
	if err == nil {
		a.Manifest, err = decodeManifest(text, sum)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open archive %s: %w", path, err), files.Close())
	}
	return a, nil
}

// Close closes the files of the archive.
func (a *Archive) Close() error { return a.files.Close() }

// Verify reads all parts and compares them with the manifest. Its error satisfies ErrCorrupt and names every part
// that is not what was written.
func (a *Archive) Verify(ctx context.Context, report func(Progress)) error {
	var faults []error
	for _, part := range a.Manifest.Parts {
		begin := time.Now()
		if err := a.verify(ctx, part); err != nil {
			faults = append(faults, fmt.Errorf("part %s: %w", part.Name, err))
		} else if report != nil {
			report(Progress{Part: part.Name, Bytes: part.Bytes, Took: time.Since(begin)})
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("verify archive %s: %w", a.path, err)
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("verify archive %s: %w", a.path, errors.Join(faults...))
	}
	return nil
}

func (a *Archive) verify(ctx context.Context, part Part) error {
	reader, bytes, err := a.files.open(part.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it is missing: %w", ErrCorrupt)
	}
	if err != nil {
		return err
	}
	defer reader.Close()
	if bytes != part.Bytes {
		return fmt.Errorf("it has %d bytes and had %d: %w", bytes, part.Bytes, ErrCorrupt)
	}
	_, sum, err := digest(ctx, reader)
	if err != nil {
		return err
	}
	if sum != part.SHA256 {
		return fmt.Errorf("its SHA-256 is %s and was %s: %w", sum, part.SHA256, ErrCorrupt)
	}
	return nil
}

// small reads a file whose size is bounded.
func (a *Archive) small(name string) ([]byte, error) {
	reader, bytes, err := a.files.open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrCorrupt, err)
	}
	defer reader.Close()
	if bytes > maxManifestBytes {
		return nil, fmt.Errorf("%s has %d bytes, more than %d: %w", name, bytes, maxManifestBytes, ErrCorrupt)
	}
	return io.ReadAll(reader)
}

// extract copies one part to a new file.
func (a *Archive) extract(ctx context.Context, name, to string) error {
	reader, _, err := a.files.open(name)
	if err != nil {
		return err
	}
	defer reader.Close()
	return create(to, func(w io.Writer) error {
		_, err := io.Copy(w, interruptible{ctx, reader})
		return err
	})
}
