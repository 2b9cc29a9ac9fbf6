package audit

import (
	"archive/zip"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
)

// dataset is an inspection under way.
type dataset struct {
	archive *zip.Reader
	board   *board
	metrics *workload.InspectMetrics
	listIDs bool
	finite  bool
}

// Dataset inspects a dataset or holdout file of a config. Of the options it minds ListIDs.
func Dataset(path, configKey string, role workload.Role, options Options) (workload.InspectMetrics, error) {
	metrics := workload.InspectMetrics{Role: role}
	b, err := lookBoard(configKey)
	if err != nil {
		return metrics, err
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return metrics, fmt.Errorf("%w: %s: %w", ErrUnreadable, path, err)
	}
	defer archive.Close()
	d := &dataset{&archive.Reader, b, &metrics, options.ListIDs, true}
	if err := d.inspect(); errors.Is(err, ErrTooMany) {
		return metrics, err
	} else if err != nil {
		return metrics, fmt.Errorf("%w: %s: %w", ErrUnreadable, path, err)
	}
	metrics.Finite = &d.finite
	return metrics, nil
}

func (d *dataset) inspect() error {
	rules, err := d.text("rules_hash")
	if err != nil {
		return err
	}
	if rules != d.board.rulesHash() {
		return fmt.Errorf("samples of other rules: %.16s", rules)
	}
	d.metrics.RulesHash = rules
	d.metrics.Records = -1
	return errors.Join(
		d.values("features", d.board.players*len(d.board.places), false),
		d.values("policy", len(d.board.places), true),
		d.values("value", d.board.players, true),
		d.values("position", 1, false),
		d.values("weight", 1, false),
		d.generations(),
		d.games(),
	)
}

func (d *dataset) text(name string) (string, error) {
	a, err := openArray(d.archive, name)
	if err != nil {
		return "", err
	}
	data := make([]byte, a.width)
	_, err = a.data.Read(data)
	return string(data), errors.Join(err, a.close())
}

// column opens an array and checks that it has as many rows as the others.
func (d *dataset) column(name string, perRow int) (*array, error) {
	a, err := openArray(d.archive, name)
	if err != nil {
		return nil, err
	}
	if len(a.shape) == 0 || a.perRow() != perRow || (d.metrics.Records >= 0 && int64(a.shape[0]) != d.metrics.Records) {
		return nil, errors.Join(fmt.Errorf("array %s has shape %v", name, a.shape), a.close())
	}
	d.metrics.Records = int64(a.shape[0])
	return a, nil
}

// values checks that numbers are finite and, if they are shares, that those of a row sum to 1.
func (d *dataset) values(name string, perRow int, shares bool) error {
	a, err := d.column(name, perRow)
	if err != nil {
		return err
	}
	defer a.close()
	sum := 0.0
	return a.each(func(i int, value []byte) error {
		number, err := a.number(value)
		if err != nil {
			return fmt.Errorf("array %s: %w", name, err)
		}
		if math.IsNaN(number) || math.IsInf(number, 0) {
			d.finite = false
		}
		if sum += number; (i+1)%perRow != 0 {
			return nil
		}
		if off := math.Abs(sum - 1); shares && off > 1e-3 && len(d.metrics.ReplayErrors) < maxErrors {
			d.metrics.ReplayErrors = append(d.metrics.ReplayErrors, fmt.Sprintf("row %d: %s sums to %g", i/perRow, name, sum))
		}
		sum = 0
		return nil
	})
}

// generations finds the span of the models that played; a negative number is none.
func (d *dataset) generations() error {
	a, err := d.column("generation", 1)
	if err != nil {
		return err
	}
	defer a.close()
	return a.each(func(_ int, value []byte) error {
		number, err := a.number(value)
		if generation := int64(number); err == nil && generation >= 0 {
			d.metrics.Generations = widen(d.metrics.Generations, &generation)
		}
		return err
	})
}

// games finds the games that the samples are from.
func (d *dataset) games() error {
	a, err := d.column("game_id", 1)
	if err != nil {
		return err
	}
	defer a.close()
	seen := map[string]bool{}
	err = a.each(func(_ int, value []byte) error {
		id := strings.TrimRight(string(value), "\x00")
		if id == "" {
			return errors.New("a sample without game")
		}
		seen[id] = true
		return nil
	})
	d.metrics.Games = int64(len(seen))
	if d.listIDs {
		d.metrics.IDs = slices.Sorted(maps.Keys(seen))
	}
	if d.listIDs && len(seen) > maxIDs {
		return fmt.Errorf("%w: %d, more than %d", ErrTooMany, len(seen), maxIDs)
	}
	return err
}
