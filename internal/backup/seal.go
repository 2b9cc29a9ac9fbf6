package backup

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// seal writes the manifest, makes everything outlive a power cut, and puts the archive in its place.
func (b *builder) seal(ctx context.Context, manifest Manifest) error {
	text, sum, err := manifest.encode()
	if err != nil {
		return err
	}
	err = errors.Join(createText(b.path(manifestFile), text), createText(b.path(manifestSumFile), sum))
	finished := filepath.Join(b.dir, contents)
	switch {
	case err != nil:
	case strings.HasSuffix(b.target, tarExtension):
		finished = filepath.Join(b.dir, "archive"+tarExtension)
		err = create(finished, func(w io.Writer) error { return b.pack(ctx, w, manifest) })
	default:
		err = b.syncContents()
	}
	if err == nil {
		err = refuseExisting(b.target)
	}
	if err == nil {
		err = errors.Join(os.Rename(finished, b.target), sync(filepath.Dir(b.target)))
	}
	if err != nil {
		return fmt.Errorf("finish %s: %w", b.target, err)
	}
	return nil
}

func (b *builder) syncContents() error {
	return filepath.WalkDir(filepath.Join(b.dir, contents), func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return sync(path)
	})
}

// pack writes a tar file. The manifest comes first, so that of an archive that was cut short it is known what it
// lacks; every part is removed once it is packed, so that no more than the largest is there twice.
func (b *builder) pack(ctx context.Context, w io.Writer, manifest Manifest) error {
	packed := tar.NewWriter(w)
	names := []string{manifestFile, manifestSumFile}
	for _, part := range manifest.Parts {
		names = append(names, part.Name)
	}
	for _, name := range names {
		if err := packFile(ctx, packed, name, b.path(name)); err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
		if err := os.Remove(b.path(name)); err != nil {
			return fmt.Errorf("pack %s: %w", name, err)
		}
	}
	return packed.Close()
}

// packFile writes one file under a name. It is an error if the file grows or shrinks meanwhile.
func packFile(ctx context.Context, packed *tar.Writer, name, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime(), Format: tar.FormatPAX}
	if err := packed.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(packed, interruptible{ctx, file})
	return err
}
