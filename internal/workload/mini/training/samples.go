package training

import (
	"errors"
	"io"

	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// blockRows is how many samples are in memory at once: some 10 MB.
const blockRows = 1 << 15

// Samples reads a dataset in blocks, again and again. A dataset of one block is read once.
type Samples struct {
	path  string
	rules *game.Rules
	rows  int
	only  []sample
}

// sample is what the tables see of a row.
type sample struct {
	codes  []uint16 // of the windows, with the mover as seat 0
	taken  []bool   // by cell
	policy []float32
	value  []float32
	weight float64
}

// Load opens a dataset and reads its first block.
func Load(path string, rules *game.Rules) (*Samples, error) {
	s := &Samples{path: path, rules: rules}
	err := s.each(func(_ int, block []sample) error {
		s.rows += len(block)
		s.only = block
		return nil
	})
	if s.rows > blockRows {
		s.only = nil
	}
	return s, err
}

// Rows is the number of samples.
func (s *Samples) Rows() int { return s.rows }

// blocks is how many blocks the samples make.
func (s *Samples) blocks() int { return (s.rows + blockRows - 1) / blockRows }

// each calls yield for every block in order.
func (s *Samples) each(yield func(number int, block []sample) error) error {
	if s.only != nil {
		return yield(0, s.only)
	}
	reader, err := dataset.Open(s.path, s.rules)
	if err != nil {
		return err
	}
	return errors.Join(s.read(reader, yield), reader.Close())
}

func (s *Samples) read(reader *dataset.Reader, yield func(number int, block []sample) error) error {
	for number := 0; ; number++ {
		var block []sample
		for len(block) < blockRows {
			row, err := reader.Next()
			if errors.Is(err, io.EOF) {
				if len(block) == 0 {
					return nil
				}
				return yield(number, block)
			}
			if err != nil {
				return err
			}
			block = append(block, encode(s.rules, row))
		}
		if err := yield(number, block); err != nil {
			return err
		}
	}
}

func encode(rules *game.Rules, row *dataset.Row) sample {
	cells := len(rules.Cells)
	s := sample{
		codes:  make([]uint16, len(rules.Windows)),
		taken:  make([]bool, cells),
		policy: append([]float32(nil), row.Policy...),
		value:  append([]float32(nil), row.Value...),
		weight: float64(row.Weight),
	}
	weight := uint16(1)
	for player := range rules.Players {
		for cell, stone := range row.Features[player*cells:][:cells] {
			if stone == 0 {
				continue
			}
			s.taken[cell] = true
			for _, window := range rules.Through(cell) {
				s.codes[window] += weight
			}
		}
		weight *= uint16(rules.InARow + 1)
	}
	return s
}
