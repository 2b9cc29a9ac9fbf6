package promotion

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzReplay judges whatever decision can be read: it never panics, promotes only what passed every gate, and
// decides the same again.
func FuzzReplay(f *testing.F) {
	for _, evidence := range []Evidence{proven(), {}, with(func(e *Evidence) { e.Evaluation = nil })} {
		document, err := json.Marshal(NewRecord(evidence, strict()))
		require.NoError(f, err)
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		record, err := DecodeRecord(document)
		if err != nil {
			t.Skip()
		}
		again := NewRecord(record.Evidence, record.Policy)
		require.NoError(t, again.Replay())
		_, against := firstNotPassed(again.Verdict.Gates)
		require.Equal(t, !against, again.Verdict.Promote)
		if again.Verdict.Promote {
			require.NotNil(t, record.Evidence.Evaluation)
			require.NotNil(t, record.Evidence.Canonical)
		}
	})
}
