package process

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBelowFindsTheWholeTree(t *testing.T) {
	t.Parallel()
	word := token()
	p := begin(t, shell(t, tree(hiding, word)))
	awaitCount(t, word, treeSize+2, "start")
	root := p.shim.Process.Pid
	require.Eventually(t, func() bool { // some shells may still be ending
		all, err := processes()
		require.NoError(t, err)
		found, err := below(root)
		require.NoError(t, err)
		return len(found) > treeSize && maps.Equal(identities(found), identities(all.descendants(root)))
	}, patience, poll)
}

func identities(some []entry) map[identity]bool {
	all := map[identity]bool{}
	for _, one := range some {
		all[identity{one.pid, one.start}] = true
	}
	return all
}
