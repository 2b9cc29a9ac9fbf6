package npz

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// Writer collects rows in one scratch file a column; Store puts them together. It must be closed.
type Writer struct {
	columns []column
	rows    int
}

type column struct {
	array  Array
	size   int
	file   *os.File
	buffer *bufio.Writer
}

// Scalar is one value for the whole file.
type Scalar struct {
	Array Array
	Data  []byte
}

// TextScalar returns a text for the whole file.
func TextScalar(name, text string) Scalar { return Scalar{Text(name, len(text)), []byte(text)} }

// NewWriter makes scratch files in a folder, which take as much space as the rows need.
func NewWriter(dir string, arrays []Array) (*Writer, error) {
	w := &Writer{}
	for _, array := range arrays {
		size, err := array.RowBytes()
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		file, err := os.CreateTemp(dir, ".column-*")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make scratch file of %s: %w", array.Name, err), w.Close())
		}
		w.columns = append(w.columns, column{array, size, file, bufio.NewWriterSize(file, 1<<16)})
	}
	return w, nil
}

// Rows is the number of rows appended.
func (w *Writer) Rows() int { return w.rows }

// Append adds a row: the bytes of each column, little-endian, in the order of the arrays.
func (w *Writer) Append(values ...[]byte) error {
	if len(values) != len(w.columns) {
		return fmt.Errorf("append row %d: %d values for %d columns", w.rows, len(values), len(w.columns))
	}
	for i, c := range w.columns {
		if len(values[i]) != c.size {
			return fmt.Errorf("append row %d: %s has %d bytes, not %d", w.rows, c.array.Name, len(values[i]), c.size)
		}
		if _, err := c.buffer.Write(values[i]); err != nil {
			return fmt.Errorf("append row %d: %w", w.rows, err)
		}
	}
	w.rows++
	return nil
}

// Store writes the file: all columns, then the scalars.
func (w *Writer) Store(to io.Writer, scalars ...Scalar) error {
	archive := zip.NewWriter(to)
	for _, c := range w.columns {
		if err := w.storeColumn(archive, c); err != nil {
			return fmt.Errorf("write array %s: %w", c.array.Name, err)
		}
	}
	for _, s := range scalars {
		entry, err := newEntry(archive, s.Array, nil)
		if err == nil {
			_, err = entry.Write(s.Data)
		}
		if err != nil {
			return fmt.Errorf("write array %s: %w", s.Array.Name, err)
		}
	}
	return archive.Close()
}

func (w *Writer) storeColumn(archive *zip.Writer, c column) error {
	if err := c.buffer.Flush(); err != nil {
		return err
	}
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	entry, err := newEntry(archive, c.array, []int{w.rows})
	if err != nil {
		return err
	}
	_, err = io.Copy(entry, c.file)
	return err
}

// newEntry begins an array. Its time is the earliest that a zip can tell, as in NumPy's own files.
func newEntry(archive *zip.Writer, array Array, rows []int) (io.Writer, error) {
	entry, err := archive.CreateHeader(&zip.FileHeader{
		Name:     array.Name + suffix,
		Method:   zip.Deflate,
		Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	if err == nil {
		_, err = entry.Write(header(array.Type, slices.Concat(rows, array.Shape)))
	}
	return entry, err
}

const suffix = ".npy"

// Close removes the scratch files.
func (w *Writer) Close() error {
	var failures []error
	for _, c := range w.columns {
		failures = append(failures, c.file.Close(), os.Remove(c.file.Name()))
	}
	w.columns = nil
	return errors.Join(failures...)
}
