package autoexport

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/workload"
)

// What an export says must agree with what it was given and with what it left.
func TestAnExportIsNotBelieved(t *testing.T) {
	t.Parallel()
	file := func(records int64) jobs.Output { return jobs.Output{Records: &records} }
	require.NoError(t, prove(workload.ExportMetrics{Games: 50, Samples: 700}, file(700), 50, 0))
	require.NoError(t, prove(workload.ExportMetrics{Games: 48, Samples: 700, Skipped: 2}, file(700), 50, 0))
	require.NoError(t, prove(workload.ExportMetrics{Games: 30, Samples: 400}, file(400), 50, 400), "a limit ends it")
	require.Error(t, prove(workload.ExportMetrics{Games: 30, Samples: 401}, file(401), 50, 400))
	for _, bad := range []struct {
		said workload.ExportMetrics
		file jobs.Output
	}{
		{workload.ExportMetrics{Games: 51, Samples: 700}, file(700)},
		{workload.ExportMetrics{Games: 50}, file(0)},
		{workload.ExportMetrics{Samples: 700, Skipped: 50}, file(700)},
		{workload.ExportMetrics{Games: 49, Samples: 700}, file(700)},
		{workload.ExportMetrics{Games: 50, Samples: 700}, file(699)},
		{workload.ExportMetrics{Games: 50, Samples: 700}, jobs.Output{}},
	} {
		require.Error(t, prove(bad.said, bad.file, 50, 0), "%+v", bad)
	}
}
