package search

import (
	"math"
	"math/rand/v2"
)

// noiseTotal is the sum of the concentrations of the noise: about ten moves share it, whatever their number.
const noiseTotal = 10

// addNoise mixes a Dirichlet sample into the policy at the root.
func (s *Searcher) addNoise(random *rand.Rand) {
	share := s.settings.NoiseShare
	if share == 0 {
		return
	}
	root := &s.nodes[0]
	children := s.nodes[root.children:][:root.count]
	sum := 0.0
	for i := range children {
		sample := gamma(random, noiseTotal/float64(len(children)))
		s.logits[children[i].cell] = sample
		sum += sample
	}
	for i := range children {
		children[i].prior = (1-share)*children[i].prior + share*s.logits[children[i].cell]/sum
	}
}

// gamma draws from the gamma distribution of a shape above 0 and scale 1, by the method of Marsaglia and Tsang.
func gamma(random *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(random, shape+1) * math.Pow(1-random.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-random.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
