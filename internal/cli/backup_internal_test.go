package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/backup"
)

// keeper runs one of the commands about what is kept, in folders of its own.
type keeper struct {
	app
	out, err bytes.Buffer
}

func newKeeper(t *testing.T) *keeper {
	k := &keeper{}
	k.app = app{output: outputText, System: System{Out: &k.out, Err: &k.err, Now: time.Now}}
	k.app.Config.DataDir = filepath.Join(t.TempDir(), "data")
	return k
}

func (k *keeper) run(t *testing.T, command *cobra.Command, arguments ...string) error {
	t.Helper()
	k.out.Reset()
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs(arguments)
	return command.ExecuteContext(t.Context())
}

func TestBackupCheckAndRestore(t *testing.T) {
	t.Parallel()
	source := newKeeper(t)
	id, err := installation(source.Config.SharedDir())
	require.NoError(t, err)
	archive := filepath.Join(t.TempDir(), "kept.tar")
	require.NoError(t, source.run(t, source.backup(), archive))
	require.Contains(t, source.out.String(), archive+" holds ")
	require.Contains(t, source.out.String(), "Not in it: games, samples")
	require.Contains(t, source.err.String(), "installation: ")
	require.ErrorIs(t, source.run(t, source.backup(), archive), os.ErrExist)

	target := newKeeper(t)
	require.NoError(t, target.run(t, target.backup(), "--check", archive))
	require.Contains(t, target.out.String(), archive+" is whole: ")
	require.NoError(t, target.run(t, target.restore(), archive))
	restored, err := installation(target.Config.SharedDir())
	require.NoError(t, err)
	require.Equal(t, id, restored)
	require.ErrorContains(t, target.run(t, target.restore(), archive), "is not empty")

	require.NoError(t, os.Truncate(archive, 3000))
	require.ErrorIs(t, target.run(t, target.backup(), "--check", archive), backup.ErrCorrupt)
}

func TestRetention(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	_, err := installation(k.Config.SharedDir())
	require.NoError(t, err)
	require.NoError(t, k.run(t, k.retention(), "--budget", "1B"))
	require.Regexp(t, `(?m)^dead letters +0 B +30 days +64 MiB`, k.out.String())
	require.Regexp(t, `(?m)^All: 27 B, budget 1 B; .*: over$`, k.out.String())
	require.True(t, is[usageError](k.run(t, k.retention(), "--budget", "much")))
}
