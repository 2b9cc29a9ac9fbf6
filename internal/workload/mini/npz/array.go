package npz

import (
	"fmt"
	"strconv"
	"strings"
)

// Array describes one array of a file.
type Array struct {
	Name  string
	Type  string // as NumPy writes it: |u1, <i4, <f4, <f8, or |S8 for texts of 8 bytes
	Shape []int  // of one row; empty for one value a row
}

// Text returns an array of texts of at most width bytes.
func Text(name string, width int) Array { return Array{Name: name, Type: "|S" + strconv.Itoa(width)} }

// RowBytes is the size of one row.
func (a Array) RowBytes() (int, error) {
	size, err := itemBytes(a.Type)
	if err != nil {
		return 0, fmt.Errorf("array %s: %w", a.Name, err)
	}
	for _, n := range a.Shape {
		if n < 0 || size*n > maxRowBytes {
			return 0, fmt.Errorf("array %s: a row of shape %v is larger than %d bytes", a.Name, a.Shape, maxRowBytes)
		}
		size *= n
	}
	return size, nil
}

// maxRowBytes bounds what one row of a foreign file may need in memory.
const maxRowBytes = 1 << 20

func itemBytes(kind string) (int, error) {
	switch kind {
	case "|u1", "|i1", "|b1":
		return 1, nil
	case "<i4", "<f4", "<u4":
		return 4, nil
	case "<i8", "<f8", "<u8":
		return 8, nil
	}
	if width, isText := strings.CutPrefix(kind, "|S"); isText {
		if n, err := strconv.Atoi(width); err == nil && n >= 0 && n <= maxRowBytes {
			return n, nil
		}
	}
	return 0, fmt.Errorf("type %q is not one of |u1, |i1, |b1, <i4, <u4, <f4, <i8, <u8, <f8, |S<n>", kind)
}
