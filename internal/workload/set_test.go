package workload_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

func TestSetKnowsWhoOffersWhat(t *testing.T) {
	t.Parallel()
	one := &workload.Workload{Manifest: &workload.Manifest{Name: "b", Configs: []workload.Config{{Key: "sq5_2p", Players: 2}, {Key: "hex3_2p"}}}}
	other := &workload.Workload{Manifest: &workload.Manifest{Name: "a", Configs: []workload.Config{{Key: "nim_2p"}}}}
	set, err := workload.NewSet(one, other)
	require.NoError(t, err)
	require.Equal(t, []string{"nim_2p", "sq5_2p", "hex3_2p"}, set.Keys())
	found, config, err := set.Of("sq5_2p")
	require.NoError(t, err)
	require.Same(t, one, found)
	require.Equal(t, 2, config.Players)
	_, _, err = set.Of("sq6_2p")
	require.EqualError(t, err, `config "sq6_2p" is offered by no workload: there are nim_2p, sq5_2p, hex3_2p`)

	twice := &workload.Workload{Manifest: &workload.Manifest{Name: "c", Configs: []workload.Config{{Key: "nim_2p"}}}}
	_, err = workload.NewSet(one, other, twice)
	require.EqualError(t, err, `config "nim_2p" is offered by the workloads a and c: rename it in one of them`)
}
