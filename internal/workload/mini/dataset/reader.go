package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/npz"
)

// Reader reads rows in the file's order. It must be closed.
type Reader struct {
	file    *npz.Reader
	row     *Row
	idWidth int
	read    int
}

// Open opens a file and checks that it is for these rules. Errors are npz.ErrCorrupt, ErrIncompatible, or the
// system's.
func Open(path string, rules *game.Rules) (*Reader, error) {
	file, err := npz.Open(path)
	if err != nil {
		return nil, err
	}
	idWidth, err := fits(rules, file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), file.Close())
	}
	return &Reader{file: file, row: newRow(rules.Players, len(rules.Cells)), idWidth: idWidth}, nil
}

// Rows is the number of rows in the file.
func (r *Reader) Rows() int { return r.file.Rows() }

// IDWidth is how many bytes a game id has at most.
func (r *Reader) IDWidth() int { return r.idWidth }

// Next reads a row, which is valid until the next call, or returns io.EOF. A row that cannot be one of mini's is
// npz.ErrCorrupt.
func (r *Reader) Next() (*Row, error) {
	values, err := r.file.Next()
	if err != nil {
		return nil, err
	}
	copy(r.row.Features, values[0])
	readFloats(r.row.Policy, values[1])
	readFloats(r.row.Value, values[2])
	r.row.GameID = npz.Trim(values[gameIDColumn])
	r.row.Position = int32(binary.LittleEndian.Uint32(values[4]))
	r.row.Generation = int32(binary.LittleEndian.Uint32(values[5]))
	weight := []float32{0}
	readFloats(weight, values[6])
	r.row.Weight = weight[0]
	if fault := r.row.fault(); fault != "" {
		return nil, fmt.Errorf("row %d: %w: %s", r.read, npz.ErrCorrupt, fault)
	}
	r.read++
	return r.row, nil
}

// Each calls yield for every row that is left, until it fails.
func (r *Reader) Each(yield func(*Row) error) error {
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := yield(row); err != nil {
			return err
		}
	}
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

func readFloats(values []float32, data []byte) {
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
}

// tolerance is how far sums of rounded shares may be from 1.
const tolerance = 1e-3

// fault says what is impossible about a row, or "".
func (r *Row) fault() string {
	cells := len(r.Policy)
	for i, stone := range r.Features {
		if stone > 1 || (stone == 1 && r.Policy[i%cells] != 0) {
			return fmt.Sprintf("cell %d has a stone of %d and a policy of %g", i%cells, stone, r.Policy[i%cells])
		}
	}
	if !shares(r.Policy) || !shares(r.Value) {
		return "policy or value is not a list of shares with sum 1"
	}
	if !(r.Weight > 0) || math.IsInf(float64(r.Weight), 0) {
		return fmt.Sprintf("weight %g is not above 0 and finite", r.Weight)
	}
	return ""
}

func shares(values []float32) bool {
	sum := float32(0)
	for _, value := range values {
		if !(value >= 0) {
			return false
		}
		sum += value
	}
	return math.Abs(float64(sum)-1) < tolerance
}
