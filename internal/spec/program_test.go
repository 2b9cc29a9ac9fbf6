package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestWhatIsOnlyShownOfAProgramIsNotHowItRuns(t *testing.T) {
	t.Parallel()
	one := row("DB")
	one.Program = &spec.Program{Name: "db", Description: "the database", Command: []string{"postgres"}}
	shown := one
	shown.Program = &spec.Program{Name: "DB", Description: "of customers", Command: []string{"postgres"}}
	require.NotEqual(t, one.Digest(), shown.Digest())
	require.NotEqual(t, one.Program.Digest(), shown.Program.Digest())
	require.Equal(t, one.RunDigest(), shown.RunDigest())
	require.Equal(t, one.Program.RunDigest(), shown.Program.RunDigest())
	require.Equal(t, "the database", one.Program.Description, "a digest changes nothing")

	other := one
	other.Program = &spec.Program{Name: "db", Description: "the database", Command: []string{"mysql"}}
	require.NotEqual(t, one.RunDigest(), other.RunDigest())
	require.NotEqual(t, one.Program.RunDigest(), other.Program.RunDigest())
	require.NotEqual(t, one.RunDigest(), row("DB").RunDigest())
	require.Empty(t, row("DB").Program.RunDigest())
}
