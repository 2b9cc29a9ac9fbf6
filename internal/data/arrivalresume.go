package data

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Resume keeps the beginning of what an earlier arrival left that fits the marks, and returns its bytes.
// Without Resume, and without marks, the arrival begins anew.
func (a *Arrival) Resume(ctx context.Context, marks []Sum) (int64, error) {
	if err := a.checkMarks(marks); err != nil {
		return 0, err
	}
	a.hasher = newHasher()
	if _, err := a.file.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("resume %s: %w", a.want.Place, err)
	}
	buffer := make([]byte, ChunkBytes)
	for a.Bytes() < a.want.Bytes && ctx.Err() == nil {
		chunk := buffer[:min(ChunkBytes, a.want.Bytes-a.Bytes())]
		if _, err := io.ReadFull(a.file, chunk); err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		} else if err != nil {
			return 0, fmt.Errorf("resume %s: %w", a.want.Place, err)
		}
		next, err := a.verify(chunk, marks[len(a.hasher.marks)])
		if errors.Is(err, ErrMismatch) {
			break
		} else if err != nil {
			return 0, err
		}
		a.hasher = next
	}
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("resume %s: %w", a.want.Place, err)
	}
	return a.Bytes(), a.cut()
}

func (a *Arrival) checkMarks(marks []Sum) error {
	if len(marks) != Chunks(a.want.Bytes) {
		return fmt.Errorf("%d marks for %d bytes of %s: %w", len(marks), a.want.Bytes, a.want.Place, ErrMismatch)
	}
	if len(marks) > 0 && marks[len(marks)-1] != a.want.SHA256 {
		return fmt.Errorf("the marks are not those of %s: %w", a.want.Place, ErrMismatch)
	}
	return nil
}

// cut takes away what lies behind the verified beginning.
func (a *Arrival) cut() error {
	if err := a.file.Truncate(a.Bytes()); err != nil {
		return fmt.Errorf("cut %s: %w", a.want.Place, err)
	}
	if _, err := a.file.Seek(a.Bytes(), io.SeekStart); err != nil {
		return fmt.Errorf("cut %s: %w", a.want.Place, err)
	}
	return nil
}
