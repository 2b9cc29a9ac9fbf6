package npz

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// magic begins a .npy file of version 1.0, which is all that this package writes and reads.
const magic = "\x93NUMPY\x01\x00"

// headerAlign is where NumPy wants the data to begin: at a multiple of it.
const headerAlign = 64

// header returns the beginning of a .npy file.
func header(kind string, shape []int) []byte {
	dimensions := make([]string, len(shape))
	for i, n := range shape {
		dimensions[i] = strconv.Itoa(n)
	}
	tuple := strings.Join(dimensions, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, tuple)
	length := len(magic) + 2 + len(text) + 1
	padding := (headerAlign - length%headerAlign) % headerAlign
	data := binary.LittleEndian.AppendUint16([]byte(magic), uint16(len(text)+padding+1))
	return append(data, text+strings.Repeat(" ", padding)+"\n"...)
}

// errHeader says that a .npy header is not one that this package reads.
var errHeader = errors.New("not a .npy header of version 1.0 in C order")

// readHeader reads the beginning of a .npy file.
func readHeader(from io.Reader) (kind string, shape []int, err error) {
	start := make([]byte, len(magic)+2)
	if err := readFull(from, start); err != nil {
		return "", nil, fmt.Errorf("%w: %w", errHeader, err)
	}
	if string(start[:len(magic)]) != magic {
		return "", nil, errHeader
	}
	text := make([]byte, binary.LittleEndian.Uint16(start[len(magic):]))
	if err := readFull(from, text); err != nil {
		return "", nil, fmt.Errorf("%w: %w", errHeader, err)
	}
	return parseHeader(string(text))
}

func parseHeader(text string) (kind string, shape []int, err error) {
	form := regexp.MustCompile(`^\{'descr': '([^']*)', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n$`)
	match := form.FindStringSubmatch(text)
	if match == nil {
		return "", nil, fmt.Errorf("%w: %.80q", errHeader, text)
	}
	for _, word := range strings.FieldsFunc(match[2], func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(word)
		if err != nil || n > maxDimension {
			return "", nil, fmt.Errorf("%w: dimension %s", errHeader, word)
		}
		shape = append(shape, n)
	}
	return match[1], shape, nil
}

// maxDimension bounds the rows of a foreign file.
const maxDimension = 1_000_000_000
