package jobs

import (
	"math"

	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	// maxCurves are kept of an attempt, the first that it tells of.
	maxCurves = 20
	// maxPoints are kept of a curve: from there on every second one, and so on.
	maxPoints = 500
)

// Point is a number that a command has told of one of its steps.
type Point struct {
	Step  int64   `json:"step"`
	Value float64 `json:"value"`
}

// curves are the numbers that a command tells step by step, by name. Only the command's lines add to them, one at a time.
type curves map[string]*curve

type curve struct {
	points []Point
	// Of each so many points the first is kept; skipped counts those since.
	every, skipped int
}

func (c curves) line(line workload.Line) {
	if line.T != workload.LineMetric || math.IsNaN(line.Value) || math.IsInf(line.Value, 0) {
		return
	}
	of, known := c[line.Name]
	if !known {
		if len(c) >= maxCurves {
			return
		}
		of = &curve{every: 1}
		c[line.Name] = of
	}
	of.add(Point{line.Step, line.Value})
}

func (c *curve) add(point Point) {
	if c.skipped++; c.skipped < c.every && len(c.points) > 0 {
		return
	}
	c.skipped = 0
	c.points = append(c.points, point)
	if len(c.points) < maxPoints {
		return
	}
	half := c.points[:0]
	for i := 0; i < len(c.points); i += 2 {
		half = append(half, c.points[i])
	}
	c.points, c.skipped, c.every = half, c.every, c.every*2 // the last one went
}

// all are the curves as they are reported, nil for none.
func (c curves) all() map[string][]Point {
	if len(c) == 0 {
		return nil
	}
	told := make(map[string][]Point, len(c))
	for name, of := range c {
		told[name] = of.points
	}
	return told
}
