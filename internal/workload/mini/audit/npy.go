package audit

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// array is one member of a .npz.
type array struct {
	kind  string // 'u', 'i', 'f' or 'S'
	width int    // bytes of a value
	shape []int
	data  *bufio.Reader
	close func() error
}

// openArray finds an array by name and reads its header.
func openArray(archive *zip.Reader, name string) (*array, error) {
	member, err := archive.Open(name + ".npy")
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", name, err)
	}
	a := &array{data: bufio.NewReader(member), close: member.Close}
	if err := a.readHeader(); err != nil {
		return nil, errors.Join(fmt.Errorf("array %s: %w", name, err), a.close())
	}
	return a, nil
}

func (a *array) readHeader() error {
	var start [10]byte
	if _, err := io.ReadFull(a.data, start[:]); err != nil {
		return err
	}
	if string(start[:6]) != "\x93NUMPY" || start[6] != 1 {
		return errors.New("no NumPy header of version 1")
	}
	text := make([]byte, int(start[8])|int(start[9])<<8)
	if _, err := io.ReadFull(a.data, text); err != nil {
		return err
	}
	kind := regexp.MustCompile(`'descr': '[<|]([uifS])(\d+)'`).FindSubmatch(text)
	shape := regexp.MustCompile(`'shape': \(([\d, ]*)\)`).FindSubmatch(text)
	if kind == nil || shape == nil || !strings.Contains(string(text), "'fortran_order': False") {
		return fmt.Errorf("a header that cannot be read: %.80q", text)
	}
	var err error
	a.kind = string(kind[1])
	if a.width, err = strconv.Atoi(string(kind[2])); err != nil || a.width > 1<<16 {
		return fmt.Errorf("values of %s bytes", kind[2])
	}
	for _, word := range strings.Fields(strings.ReplaceAll(string(shape[1]), ",", " ")) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return err
		}
		a.shape = append(a.shape, n)
	}
	return nil
}

// perRow is the number of values of a row.
func (a *array) perRow() int {
	n := 1
	for _, size := range a.shape[1:] {
		n *= size
	}
	return n
}

// each calls yield with the bytes of every value in order, then checks that the array ends there.
func (a *array) each(yield func(index int, value []byte) error) error {
	value := make([]byte, a.width)
	for i := range a.shape[0] * a.perRow() {
		if _, err := io.ReadFull(a.data, value); err != nil {
			return fmt.Errorf("value %d: %w", i, err)
		}
		if err := yield(i, value); err != nil {
			return err
		}
	}
	if _, err := a.data.ReadByte(); !errors.Is(err, io.EOF) { // the checksum is compared here
		return fmt.Errorf("after the last value: %v, not the end", err)
	}
	return nil
}

// number reads a value of four bytes or one.
func (a *array) number(value []byte) (float64, error) {
	switch {
	case a.kind == "f" && a.width == 4:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(value))), nil
	case a.kind == "i" && a.width == 4:
		return float64(int32(binary.LittleEndian.Uint32(value))), nil
	case a.kind == "u" && a.width == 1:
		return float64(value[0]), nil
	}
	return 0, fmt.Errorf("values of type %s%d", a.kind, a.width)
}
