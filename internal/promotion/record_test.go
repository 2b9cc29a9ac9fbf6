package promotion

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden decision anew")

const golden = "testdata/decision.json"

// A stored decision is read, replayed to the same verdict, and written back to the same bytes.
func TestStoredDecisionsReplay(t *testing.T) {
	t.Parallel()
	if *update {
		document, err := json.MarshalIndent(NewRecord(proven(), strict()), "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(golden), 0o755))
		require.NoError(t, os.WriteFile(golden, append(document, '\n'), 0o600))
	}
	document, err := os.ReadFile(golden)
	require.NoError(t, err)
	record, err := DecodeRecord(document)
	require.NoError(t, err)
	require.NoError(t, record.Replay())
	require.Equal(t, NewRecord(proven(), strict()).Verdict, record.Verdict)
	again, err := json.MarshalIndent(record, "", "  ")
	require.NoError(t, err)
	require.Equal(t, string(document), string(again)+"\n")
}

// Whatever is unknown stays unknown on the way through JSON.
func TestUnknownSurvivesStorage(t *testing.T) {
	t.Parallel()
	for _, evidence := range []Evidence{{}, with(func(e *Evidence) { e.Canonical, e.Evaluation, e.Quality = nil, nil, nil }), with(func(e *Evidence) { e.Canonical = &Pointer{} })} {
		document, err := json.Marshal(NewRecord(evidence, DefaultPolicy()))
		require.NoError(t, err)
		record, err := DecodeRecord(document)
		require.NoError(t, err)
		require.Equal(t, evidence, record.Evidence)
		require.NoError(t, record.Replay())
	}
}

func TestForgedDecisionsDoNotReplay(t *testing.T) {
	t.Parallel()
	record := NewRecord(proven(), strict())
	forged := record
	forged.Evidence.Candidate.Loads = of(false)
	require.ErrorContains(t, forged.Replay(), "gate loads is now")
	forged = record
	forged.Verdict.Promote = false
	require.Error(t, forged.Replay())
	forged = record
	forged.Verdict.Rules = 0
	require.ErrorContains(t, forged.Replay(), "made by rules 0")
}

func TestDecisionsAreReadStrictly(t *testing.T) {
	t.Parallel()
	document, err := json.Marshal(NewRecord(proven(), strict()))
	require.NoError(t, err)
	for _, broken := range [][]byte{
		bytes.Replace(document, []byte(`"loads"`), []byte(`"loaded"`), 1), append(bytes.Clone(document), '{'), document[:len(document)-1], nil,
	} {
		_, err := DecodeRecord(broken)
		require.Error(t, err)
	}
}
