package workload_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

func TestLines(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("a", 64)
	for text, want := range map[string]workload.Line{
		`{"t":"hb"}`: {T: workload.LineBeat},
		`{"t":"progress","done":3,"total":10,"unit":"games","later":1}`:    {T: workload.LineProgress, Done: 3, Total: 10, Unit: "games"},
		`{"t":"checkpoint","path":"a/b","sha256":"` + hash + `","step":2}`: {T: workload.LineCheckpoint, Path: "a/b", SHA256: hash, Step: 2},
		`{"t":"news","done":"many"}`:                                       {T: "news"},
		"playing":                                                          {T: workload.LineInfo, Message: "playing", Plain: true},
		`{"t":`:                                                            {T: workload.LineInfo, Message: `{"t":`, Plain: true},
		"":                                                                 {T: workload.LineInfo, Plain: true},
	} {
		line, err := workload.ParseLine([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, line, text)
	}
}

func TestLinesThatBreakTheirForm(t *testing.T) {
	t.Parallel()
	for text, complaint := range map[string]string{
		`{"t":"progress","done":-1}`:                   "done",
		`{"t":"progress","done":3,"total":2}`:          "total",
		`{"t":"progress","done":"many"}`:               "progress",
		`{"t":"checkpoint","path":"../x","step":1}`:    "path",
		`{"t":"artifact","path":"x","sha256":"short"}`: "sha256",
		`{"t":"metric","value":1}`:                     "name",
		`{"t":"warn"}`:                                 "msg",
		`{"t":7}`:                                      "type",
		strings.Repeat("x", workload.MaxLineBytes+1):   "bytes",
	} {
		_, err := workload.ParseLine([]byte(text))
		require.ErrorContains(t, err, complaint, "%.80s", text)
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(`{"t":"progress","done":1}`))
	f.Add([]byte("text"))
	f.Fuzz(func(t *testing.T, text []byte) {
		line, err := workload.ParseLine(text)
		if err == nil && !line.Plain && line.T == workload.LineProgress {
			require.GreaterOrEqual(t, line.Done, 0.0)
		}
	})
}
