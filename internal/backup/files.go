package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
)

// interruptible ends a long copy when its context does.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// digest reads all there is.
func digest(ctx context.Context, reader io.Reader) (bytes int64, sum string, err error) {
	hash := sha256.New()
	bytes, err = io.Copy(hash, interruptible{ctx, reader})
	return bytes, hex.EncodeToString(hash.Sum(nil)), err
}

// create writes a new file and syncs it.
func create(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Sync(), file.Close())
}

// createText writes a new file that holds a text.
func createText(path string, text []byte) error {
	return create(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// sync makes a file, or the names in a folder, outlive a power cut.
func sync(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
