package daemonfile_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/daemonfile"
)

const guide = "../../docs/daemons.md"

func TestDocumentsAreFresh(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(guide)
	require.NoError(t, err)
	require.Contains(t, string(text), daemonfile.Table(), "run `go generate ./internal/daemonfile`")
	kept, err := os.ReadFile("../../docs/daemons.schema.json")
	require.NoError(t, err)
	require.Equal(t, string(daemonfile.Schema()), string(kept), "run `go generate ./internal/daemonfile`")
}

// Every file that the guide shows is right, those without a version when they are laid over another one.
func TestGuideShowsWhatIsRight(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(guide)
	require.NoError(t, err)
	shown := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(shown), 5)
	for _, match := range shown {
		document := match[1]
		if !strings.HasPrefix(document, "version: 1\n") {
			folder := t.TempDir()
			base, over := folder+"/base.yaml", folder+"/over.yaml"
			require.NoError(t, os.WriteFile(base, []byte(shown[1][1]), 0o600))
			require.NoError(t, os.WriteFile(over, []byte(document), 0o600))
			file, err := daemonfile.Read(base, over)
			require.NoError(t, err, document)
			rowsOf(t, file)
			continue
		}
		rows(t, document)
	}
}
