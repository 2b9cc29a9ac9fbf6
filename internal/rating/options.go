package rating

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// The prior of a participant nobody knows anything about, in Elo.
const (
	PriorMean      = 1500
	PriorDeviation = 350
)

// maxElo is how far from 0 a given rating may be.
const maxElo = 4_000

// Options are what Compute takes besides evidence. The zero value is the standard prior with nobody pinned.
type Options struct {
	// PriorMean is what a participant without games is rated, in Elo, −4 000 to 4 000; PriorDeviation is the
	// standard deviation of that, 1 to 2 000. Both 0: the standard prior, 1500 and 350.
	PriorMean      float64 `json:"prior_mean,omitempty"`
	PriorDeviation float64 `json:"prior_deviation,omitempty"`
	// Pinned are participants whose rating is given, in Elo, −4 000 to 4 000, such as random at 400.
	Pinned map[string]float64 `json:"pinned,omitempty"`
}

func (o Options) orDefault() Options {
	if o.PriorDeviation == 0 && o.PriorMean == 0 {
		o.PriorMean, o.PriorDeviation = PriorMean, PriorDeviation
	}
	return o
}

func (o Options) validate() error {
	if !(math.Abs(o.PriorMean) <= maxElo) {
		return fmt.Errorf("prior_mean = %g: use %d to %d Elo", o.PriorMean, -maxElo, maxElo)
	}
	if !(o.PriorDeviation >= 1 && o.PriorDeviation <= 2000) {
		return fmt.Errorf("prior_deviation = %g: use 1 to 2000 Elo", o.PriorDeviation)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Pinned)) {
		if elo := o.Pinned[name]; !(math.Abs(elo) <= maxElo) {
			return fmt.Errorf("pinned %s = %g: use %d to %d Elo", name, elo, -maxElo, maxElo)
		}
	}
	return nil
}
