package bus

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// The catalogue of this test has an event of each sort, since that of the build changes.
func TestUnheard(t *testing.T) {
	t.Parallel()
	catalogue := []Entry{
		{Name: "HEARD", Consumers: []Party{"DLQ_RETRY"}},
		{Name: "UNHEARD", Consumers: []Party{"DLQ_RETRY", Observers}},
		{Name: "FOLLOWED", Consumers: []Party{Observers}},
		{Name: "NEVER_PUBLISHED", Consumers: []Party{"DLQ_RETRY"}},
	}
	published := map[Name]uint64{"HEARD": 3, "UNHEARD": 5, "FOLLOWED": 7}
	require.Equal(t, map[Name]uint64{"UNHEARD": 5}, unheard(catalogue, published, map[Name]bool{"HEARD": true}))
}

// Only a process that has looked at the log lately tells of unheard events: the router may have moved on.
func TestUnheardIsForgotten(t *testing.T) {
	t.Parallel()
	now := time.Now()
	counters := newCounters(func() time.Time { return now })
	shown := func() int {
		registry := prometheus.NewPedanticRegistry()
		require.NoError(t, registry.Register(counters))
		families, err := registry.Gather()
		require.NoError(t, err)
		return len(families)
	}
	require.Zero(t, shown(), "nobody has looked")
	counters.looked(map[Name]uint64{"OPERATOR_NOTE": 5})
	require.Equal(t, 1, shown())
	now = now.Add(unheardFor + time.Second)
	require.Zero(t, shown())
}
