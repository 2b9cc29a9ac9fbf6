package dataset

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/npz"
)

// Writer collects rows. It must be closed.
type Writer struct {
	rules   *game.Rules
	file    *npz.Writer
	idWidth int
}

// NewWriter makes scratch files in dir. Game ids have at most idWidth bytes.
func NewWriter(dir string, rules *game.Rules, idWidth int) (*Writer, error) {
	file, err := npz.NewWriter(dir, columns(rules, idWidth))
	if err != nil {
		return nil, err
	}
	return &Writer{rules, file, idWidth}, nil
}

// Rows is the number of rows appended.
func (w *Writer) Rows() int { return w.file.Rows() }

// Append adds a row.
func (w *Writer) Append(row *Row) error {
	id := append(make([]byte, 0, max(w.idWidth, len(row.GameID))), row.GameID...)
	for len(id) < w.idWidth {
		id = append(id, 0)
	}
	return w.file.Append(row.Features, floats(row.Policy), floats(row.Value), id,
		binary.LittleEndian.AppendUint32(nil, uint32(row.Position)),
		binary.LittleEndian.AppendUint32(nil, uint32(row.Generation)),
		floats([]float32{row.Weight}))
}

// Store writes the file.
func (w *Writer) Store(to io.Writer) error { return w.file.Store(to, scalars(w.rules)...) }

// Close removes the scratch files.
func (w *Writer) Close() error { return w.file.Close() }

func floats(values []float32) []byte {
	data := make([]byte, 0, 4*len(values))
	for _, value := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(value))
	}
	return data
}
