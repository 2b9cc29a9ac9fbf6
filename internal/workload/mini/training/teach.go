package training

import (
	"math"

	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

// Teach replaces what the samples hold by a mixture: a share alpha of what the teacher thinks, softened by a
// temperature, and the rest as it was. It holds all samples in memory, so it refuses more than one block: it then
// returns false and changes nothing.
func Teach(teacher *model.Model, samples *Samples, temperature, alpha float64) (bool, error) {
	if samples.only == nil {
		return false, nil
	}
	t, err := newTables(samples.rules, teacher)
	if err != nil {
		return false, err
	}
	for i := range t.policy {
		t.policy[i] /= temperature
		t.value[i] /= temperature
	}
	var unused Loss
	for i := range samples.only {
		s := &samples.only[i]
		t.judge(s, &unused)
		mix(s.policy, t.logits, alpha)
		mix(s.value, t.scores, alpha)
	}
	return true, nil
}

func mix(target []float32, taught []float64, alpha float64) {
	for i := range target {
		target[i] = float32((1-alpha)*float64(target[i]) + alpha*taught[i])
	}
}

// Agreement is how alike two models judge the player to move.
type Agreement struct {
	Correlation float64 // of the shares they expect; 0 if either always expects the same
	Sign        float64 // the share of samples in which both are above or both below an equal share
}

// Compare measures two models on the samples.
func Compare(one, two *model.Model, samples *Samples) (Agreement, error) {
	first, err := newTables(samples.rules, one)
	if err != nil {
		return Agreement{}, err
	}
	second, err := newTables(samples.rules, two)
	if err != nil {
		return Agreement{}, err
	}
	var sums moments
	var unused Loss
	equal := 1 / float64(samples.rules.Players)
	same := 0.0
	err = samples.each(func(_ int, block []sample) error {
		for i := range block {
			first.judge(&block[i], &unused)
			second.judge(&block[i], &unused)
			x, y := first.scores[0]-equal, second.scores[0]-equal
			sums.add(x, y)
			if (x >= 0) == (y >= 0) {
				same++
			}
		}
		return nil
	})
	return Agreement{Correlation: sums.correlation(), Sign: same / max(sums.n, 1)}, err
}

// moments add pairs up for their correlation.
type moments struct{ n, x, y, xx, yy, xy float64 }

func (m *moments) add(x, y float64) {
	m.n++
	m.x += x
	m.y += y
	m.xx += x * x
	m.yy += y * y
	m.xy += x * y
}

func (m *moments) correlation() float64 {
	spread := (m.n*m.xx - m.x*m.x) * (m.n*m.yy - m.y*m.y)
	if !(spread > 0) {
		return 0
	}
	return (m.n*m.xy - m.x*m.y) / math.Sqrt(spread)
}
