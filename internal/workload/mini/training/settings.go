package training

import (
	"fmt"
	"math"
)

// Names of learning rate schedules.
const (
	Constant = "constant"
	Linear   = "linear" // to zero at the end
	Cosine   = "cosine" // to zero at the end, slowly at first and at last
)

// Settings say how to train.
type Settings struct {
	Epochs    int     // at least 1
	BatchSize int     // samples a step, at least 1
	LR        float64 // how far the first step moves a weight; later steps are shorter, see slope
	Schedule  string  // Constant, Linear or Cosine
	Patience  int     // epochs without a better holdout loss that end the run; 0 never ends it
	Seed      uint64
}

const maxEpochs = 1_000_000_000

// Check names the first setting that is out of bounds.
func (s Settings) Check() error {
	switch {
	case s.Epochs < 1 || s.Epochs > maxEpochs:
		return fmt.Errorf("epochs = %d: use 1 to %d", s.Epochs, maxEpochs)
	case s.BatchSize < 1 || s.BatchSize > blockRows:
		return fmt.Errorf("batch_size = %d: use 1 to %d", s.BatchSize, blockRows)
	case !(s.LR > 0):
		return fmt.Errorf("lr = %g: use more than 0", s.LR)
	case s.Schedule != Constant && s.Schedule != Linear && s.Schedule != Cosine:
		return fmt.Errorf("lr_schedule = %q: use %s, %s or %s", s.Schedule, Constant, Linear, Cosine)
	case s.Patience < 0:
		return fmt.Errorf("early_stop_patience = %d: use 0 or more", s.Patience)
	}
	return nil
}

// rate is the learning rate when a share of the run is done.
func (s Settings) rate(done float64) float64 {
	switch s.Schedule {
	case Linear:
		return s.LR * (1 - done)
	case Cosine:
		return s.LR * (1 + math.Cos(math.Pi*done)) / 2
	}
	return s.LR
}
