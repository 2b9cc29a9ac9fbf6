package autosync

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
)

// What a comparison found and finds no more is forgotten, unless somebody has asked for it meanwhile; a wish that
// had its turn goes behind the others of its priority.
func TestWishes(t *testing.T) {
	t.Parallel()
	j, err := openJournal(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer func() { require.NoError(t, j.close()) }()
	at := time.UnixMilli(1_000_000)
	wished := func(n byte, askedBy string) wish {
		return wish{item: data.Item{Place: data.Place{Role: data.RoleSynced, Name: "sq5_2p/x.db"}, SHA256: data.Sum{n}, Bytes: int64(n)}, askedBy: askedBy}
	}
	order := func() (sums []byte) {
		all, err := j.wishes(t.Context())
		require.NoError(t, err)
		for _, w := range all {
			sums = append(sums, w.item.SHA256[0])
		}
		return sums
	}
	require.NoError(t, j.want(t.Context(), at, wished(1, ""), wished(2, ""), wished(3, "")))
	require.NoError(t, j.failed(t.Context(), data.Sum{1}, at, "a reason"))
	require.NoError(t, j.requeue(t.Context(), at.Add(time.Second), data.Sum{1}))
	require.Equal(t, []byte{2, 3, 1}, order())
	all, err := j.wishes(t.Context())
	require.NoError(t, err)
	require.Zero(t, all[2].attempts, "it got further: that ends a row of failures")
	require.NoError(t, j.want(t.Context(), at, wished(2, "MODEL_DISTRIBUTION")))
	require.NoError(t, j.forget(t.Context(), []data.Sum{{2}, {3}}))
	require.Equal(t, []byte{2, 1}, order())
}
