package spec_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestRenderGraph(t *testing.T) {
	t.Parallel()
	for format, file := range map[string]string{"text": "graph.txt", "dot": "graph.dot", "mermaid": "graph.mmd"} {
		r := small(t)
		var out bytes.Buffer
		require.NoError(t, r.RenderGraph(&out, format, r.Types()), format)
		golden := filepath.Join("testdata", file)
		if *update {
			require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o644))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err, format)
		require.Equal(t, string(want), out.String(), format)
	}
}

func TestRenderGraphDrawsOnlyWhatIsAsked(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, small(t).RenderGraph(&out, "text", types("ROUTER RECOVERY")))
	require.Equal(t, "ROUTER\n└── RECOVERY\n", out.String())
}

func TestRenderGraphRefuses(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, small(t).RenderGraph(&bytes.Buffer{}, "png", nil), `unknown graph format "png": choose one of text, dot, mermaid`)
	require.ErrorContains(t, small(t).RenderGraph(brokenWriter{}, "dot", nil), "write dot graph: pipe closed")
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }
