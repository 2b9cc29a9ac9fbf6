package training

import "github.com/ringrift/orchestrator/internal/workload/mini/model"

// Measure returns the loss of a model on the samples numbered first and after, count of them (0: to the end), and
// how many those were.
func Measure(m *model.Model, samples *Samples, first, count int) (loss Loss, rows int, err error) {
	t, err := newTables(samples.rules, m)
	if err != nil {
		return Loss{}, 0, err
	}
	number := 0
	err = samples.each(func(_ int, block []sample) error {
		for i := range block {
			if number >= first && (count == 0 || rows < count) {
				t.judge(&block[i], &loss)
				rows++
			}
			number++
		}
		return nil
	})
	return loss, rows, err
}
