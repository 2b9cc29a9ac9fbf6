package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Bounds of an array's header: enough for any real one, little for one that was made to hurt.
const (
	maxHeaderBytes = 64 << 10
	maxDimensions  = 32
	maxDimension   = 1_000_000_000
)

// array is what the header of a .npy file says.
type array struct {
	objects   bool  // its elements are pickles, of any length
	itemBytes int64 // of one element that is no object
	shape     []int64
	start     int64 // length of the header: where the elements begin
}

// rows is the first dimension, or -1 for a scalar.
func (a array) rows() int64 {
	if len(a.shape) == 0 {
		return -1
	}
	return a.shape[0]
}

// bytes is the length of the whole file, of an array that has no objects.
func (a array) bytes() (int64, error) {
	total := uint64(a.itemBytes)
	for _, dimension := range a.shape {
		high, low := bits.Mul64(total, uint64(dimension))
		if high != 0 || low > math.MaxInt64-maxHeaderBytes-12 {
			return 0, fmt.Errorf("%w: shape %v is larger than any file", errHeader, a.shape)
		}
		total = low
	}
	return int64(total) + a.start, nil
}

var errHeader = errors.New("it is not the header of an array")

// readArray reads the header of a .npy file.
func readArray(r io.Reader) (array, error) {
	prefix := make([]byte, 8)
	if _, err := io.ReadFull(r, prefix); err != nil {
		return array{}, fmt.Errorf("%w: %w", errHeader, err)
	}
	if string(prefix[:6]) != "\x93NUMPY" {
		return array{}, fmt.Errorf("%w: it begins with %q", errHeader, prefix[:6])
	}
	lengthBytes := 2
	if prefix[6] > 1 {
		lengthBytes = 4
	}
	length := make([]byte, 4)
	if _, err := io.ReadFull(r, length[:lengthBytes]); err != nil {
		return array{}, fmt.Errorf("%w: %w", errHeader, err)
	}
	size := int64(binary.LittleEndian.Uint32(length))
	if size > maxHeaderBytes {
		return array{}, fmt.Errorf("%w: it has %d bytes, at most %d are allowed", errHeader, size, maxHeaderBytes)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(r, text); err != nil {
		return array{}, fmt.Errorf("%w: %w", errHeader, err)
	}
	parsed, err := parseHeader(string(text))
	parsed.start = int64(len(prefix)+lengthBytes) + size
	return parsed, err
}

// parseHeader reads the Python dictionary of a header: 'descr', 'fortran_order' and 'shape', in any order.
func parseHeader(text string) (array, error) {
	descr, err := headerValue(text, "'descr':", "'", "'")
	if err != nil {
		return array{}, err
	}
	shape, err := headerValue(text, "'shape':", "(", ")")
	if err != nil {
		return array{}, err
	}
	if !strings.Contains(text, "'fortran_order': False") && !strings.Contains(text, "'fortran_order': True") {
		return array{}, fmt.Errorf("%w: it tells no fortran_order", errHeader)
	}
	parsed := array{objects: strings.TrimLeft(descr, "|") == "O"}
	if parsed.itemBytes, err = itemBytes(descr); err != nil && !parsed.objects {
		return array{}, err
	}
	parsed.shape, err = dimensions(shape)
	return parsed, err
}

// headerValue returns what stands between two marks behind a key.
func headerValue(text, key, before, after string) (string, error) {
	_, rest, found := strings.Cut(text, key)
	rest, opened := strings.CutPrefix(strings.TrimLeft(rest, " "), before)
	value, _, closed := strings.Cut(rest, after)
	if !found || !opened || !closed {
		return "", fmt.Errorf("%w: it has no %s of the plain kind", errHeader, strings.Trim(key, "':"))
	}
	return value, nil
}

// itemBytes reads a type such as <f4, |b1 or <U16.
func itemBytes(descr string) (int64, error) {
	kind := strings.TrimLeft(descr, "<>|=")
	if len(descr)-len(kind) > 1 || len(kind) < 2 || !strings.ContainsRune("biufcSUVmM", rune(kind[0])) {
		return 0, fmt.Errorf("%w: type %.40q is unknown", errHeader, descr)
	}
	digits, _, _ := strings.Cut(kind[1:], "[") // times have a unit
	size, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || size < 0 {
		return 0, fmt.Errorf("%w: type %.40q has no size", errHeader, descr)
	}
	if kind[0] == 'U' {
		size *= 4
	}
	return size, nil
}

func dimensions(text string) ([]int64, error) {
	var shape []int64
	for piece := range strings.SplitSeq(text, ",") {
		piece = strings.TrimSpace(piece)
		if piece == "" {
			continue // () and (5,)
		}
		n, err := strconv.ParseInt(piece, 10, 64)
		if err != nil || n < 0 || n > maxDimension || len(shape) == maxDimensions {
			return nil, fmt.Errorf("%w: shape (%.80s): up to %d dimensions of 0 to %d are allowed", errHeader, text, maxDimensions, maxDimension)
		}
		shape = append(shape, n)
	}
	return shape, nil
}
