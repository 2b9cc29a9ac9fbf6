package ledgertest

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// SQLite opens a new ledger in a file, until the test ends.
func SQLite(t testing.TB) *ledger.Ledger {
	t.Helper()
	return Open(t, ledger.Config{Path: filepath.Join(t.TempDir(), "ledger.db")})
}

// Open opens a ledger until the test ends.
func Open(t testing.TB, config ledger.Config) *ledger.Ledger {
	t.Helper()
	opened, err := ledger.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	return opened
}
