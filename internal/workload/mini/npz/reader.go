package npz

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrCorrupt says that a file is not a whole .npz of arrays that fit together.
var ErrCorrupt = errors.New("corrupt npz")

// Reader reads rows of a file, all columns side by side. It must be closed.
type Reader struct {
	archive *zip.ReadCloser
	columns []*source
	scalars map[string]string
	rows    int
	next    int
}

type source struct {
	array  Array
	entry  io.ReadCloser
	buffer *bufio.Reader
	row    []byte
}

// maxEntries bounds the arrays of a foreign file.
const maxEntries = 64

// Open reads the headers of a file and its scalars.
func Open(path string) (*Reader, error) {
	archive, err := zip.OpenReader(path)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("open %s: %w: %w", path, ErrCorrupt, err)
	}
	if err != nil {
		return nil, err
	}
	r := &Reader{archive: archive, scalars: map[string]string{}, rows: -1}
	if err := r.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w: %w", path, ErrCorrupt, err), r.Close())
	}
	return r, nil
}

// Arrays lists the columns in the file's order.
func (r *Reader) Arrays() []Array {
	var arrays []Array
	for _, s := range r.columns {
		arrays = append(arrays, s.array)
	}
	return arrays
}

// Rows is the number of rows in the file.
func (r *Reader) Rows() int { return max(r.rows, 0) }

// Scalar returns a text that belongs to the whole file, or "".
func (r *Reader) Scalar(name string) string { return r.scalars[name] }

// Next reads a row: the bytes of each column in the order of Arrays, valid until the next call. At the end it
// checks that the file was whole and returns io.EOF.
func (r *Reader) Next() ([][]byte, error) {
	if r.next == r.Rows() {
		return nil, r.finish()
	}
	row := make([][]byte, len(r.columns))
	for i, s := range r.columns {
		if err := readFull(s.buffer, s.row); err != nil {
			return nil, fmt.Errorf("read row %d of %s: %w: %w", r.next, s.array.Name, ErrCorrupt, err)
		}
		row[i] = s.row
	}
	r.next++
	return row, nil
}

// Close closes the file.
func (r *Reader) Close() error {
	var failures []error
	for _, s := range r.columns {
		failures = append(failures, s.entry.Close())
	}
	return errors.Join(append(failures, r.archive.Close())...)
}

func (r *Reader) start() error {
	if len(r.archive.File) > maxEntries {
		return fmt.Errorf("%d entries, more than %d", len(r.archive.File), maxEntries)
	}
	for _, file := range r.archive.File {
		name, isArray := strings.CutSuffix(file.Name, suffix)
		if !isArray {
			return fmt.Errorf("entry %q is not a .npy", file.Name)
		}
		if err := r.addEntry(name, file); err != nil {
			return fmt.Errorf("array %s: %w", name, err)
		}
	}
	return nil
}

func (r *Reader) addEntry(name string, file *zip.File) error {
	entry, err := file.Open()
	if err != nil {
		return err
	}
	buffer := bufio.NewReaderSize(entry, 1<<16)
	kind, shape, err := readHeader(buffer)
	if err != nil {
		return errors.Join(err, entry.Close())
	}
	if len(shape) == 0 {
		return errors.Join(r.addScalar(name, kind, buffer), entry.Close())
	}
	r.columns = append(r.columns, &source{Array{name, kind, shape[1:]}, entry, buffer, nil})
	return r.checkColumn(shape[0])
}

// checkColumn checks the newest column.
func (r *Reader) checkColumn(rows int) error {
	if r.rows < 0 {
		r.rows = rows
	}
	if r.rows != rows {
		return fmt.Errorf("%d rows, where others have %d", rows, r.rows)
	}
	newest := r.columns[len(r.columns)-1]
	size, err := newest.array.RowBytes()
	newest.row = make([]byte, size)
	return err
}

func (r *Reader) addScalar(name, kind string, from io.Reader) error {
	size, err := itemBytes(kind)
	if err != nil {
		return err
	}
	data := make([]byte, size)
	if err := readFull(from, data); err != nil {
		return err
	}
	r.scalars[name] = Trim(data)
	return nil
}

// readFull fills data. A source that ends too early is not io.EOF, which stands for the end of the rows.
func readFull(from io.Reader, data []byte) error {
	_, err := io.ReadFull(from, data)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Trim returns a text without the zero bytes that fill it up.
func Trim(text []byte) string { return strings.TrimRight(string(text), "\x00") }

// finish reads each entry to its end, where the zip checks its checksum.
func (r *Reader) finish() error {
	for _, s := range r.columns {
		if n, err := io.Copy(io.Discard, s.buffer); err != nil || n > 0 {
			return fmt.Errorf("%w: %d bytes after the last row of %s: %v", ErrCorrupt, n, s.array.Name, err)
		}
	}
	return io.EOF
}
