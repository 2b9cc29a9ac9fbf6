package main

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

const (
	// leastTurns and mostTurns bound how often two models take turns at all positions, for one comparison of their times.
	leastTurns, mostTurns = 100, 4000
	// turnRounds are how often one of them judges all positions in a turn: long for a clock, and short for whatever else the
	// machine does, which then delays both alike.
	turnRounds = 8
	// timedPositions are judged, at most.
	timedPositions = 64
	// spread of the ranks around the middle that hold the median in 999 of 1000 comparisons: that of a normal distribution,
	// for a coin is thrown for each side of the median.
	spread = 3.29 / 2
)

// latency is how long one model takes by another, for the same positions: the median of the turns, and between which values
// it lies almost surely.
type latency struct{ Ratio, Low, High float64 }

// compareTimes lets two models judge the same positions in turns, on one thread, until it is clear on which side of a bound
// the ratio of their times is; 0: until it is known to a fiftieth. After mostTurns it is as clear as it gets.
func compareTimes(rules *game.Rules, positions []*game.Position, one, other *model.Model, bound float64) (latency, error) {
	first, err := model.Compile(rules, one)
	if err != nil {
		return latency{}, err
	}
	second, err := model.Compile(rules, other)
	if err != nil {
		return latency{}, err
	}
	runtime.LockOSThread() // so that both are on the same processor, but for the moments in which they are moved
	defer runtime.UnlockOSThread()
	logits, value := make([]float64, len(rules.Cells)), make([]float64, rules.Players)
	turn := func(net *model.Net) float64 {
		began := time.Now()
		for range turnRounds {
			for _, p := range positions {
				net.Evaluate(p, logits, value)
			}
		}
		return time.Since(began).Seconds()
	}
	var ratios []float64
	for {
		for range leastTurns {
			a, b := turn(first), turn(second)
			ratios = append(ratios, a/b)
		}
		found := medianOf(ratios)
		if found.clear(bound) || len(ratios) >= mostTurns {
			return found, nil
		}
	}
}

// clear says whether the median is surely on one side of a bound or, without one, known well enough.
func (l latency) clear(bound float64) bool {
	if bound == 0 {
		return l.High-l.Low <= l.Ratio/50
	}
	return l.High <= bound || l.Low > bound
}

func medianOf(ratios []float64) latency {
	sorted := slices.Sorted(slices.Values(ratios))
	middle, off := float64(len(sorted)-1)/2, spread*math.Sqrt(float64(len(sorted)))
	at := func(rank float64) float64 { return sorted[min(max(int(rank), 0), len(sorted)-1)] }
	return latency{Ratio: at(middle), Low: at(math.Floor(middle - off)), High: at(math.Ceil(middle + off))}
}

// positionsOf are some positions of a dataset, from all parts of it.
func positionsOf(path string, rules *game.Rules) (positions []*game.Position, err error) {
	reader, err := dataset.Open(path, rules)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	step, number := max(1, reader.Rows()/timedPositions), 0
	err = reader.Each(func(row *dataset.Row) error {
		if number++; number%step == 0 && len(positions) < timedPositions {
			positions = append(positions, row.Board(rules))
		}
		return nil
	})
	return positions, err
}
