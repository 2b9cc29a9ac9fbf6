package jobs

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Curves have what was told, in order; a long one is thinned out evenly and keeps its first point.
func TestCurvesAreBounded(t *testing.T) {
	t.Parallel()
	told := curves{}
	metric := func(name string, step int, value float64) {
		told.line(workload.Line{T: workload.LineMetric, Name: name, Step: int64(step), Value: value})
	}
	require.Nil(t, told.all())
	told.line(workload.Line{T: workload.LineProgress, Done: 1})
	require.Nil(t, told.all())
	for step := range 10 {
		metric("short", step, float64(step)/2)
	}
	metric("short", 10, math.NaN())
	for step := range 20_000 {
		metric("long", step, float64(step))
	}
	for name := range maxCurves {
		metric(fmt.Sprint(name), 1, 1)
	}
	all := told.all()
	require.Len(t, all, maxCurves)
	require.Len(t, all["short"], 10)
	require.Equal(t, Point{9, 4.5}, all["short"][9])
	long := all["long"]
	require.Less(t, len(long), maxPoints)
	require.Greater(t, len(long), maxPoints/3)
	require.Zero(t, long[0].Step)
	for i := 2; i < len(long); i++ {
		require.Equal(t, long[1].Step-long[0].Step, long[i].Step-long[i-1].Step, "evenly")
	}
}
