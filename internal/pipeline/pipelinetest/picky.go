package pipelinetest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

// Picky makes some commands of the workload end with an exit code wherever they are given one of its dislikes.
type Picky struct {
	t        *testing.T
	dislikes string // a file of hashes, each on a line
}

// NewPicky returns a rig whose workload is picky in a command. Everything else it does as ever, inspect too.
func NewPicky(t *testing.T, mini *workloadtest.Mini, command workload.Command, code workload.ExitCode) (*Rig, Picky) {
	t.Helper()
	picky, dir := Picky{t, filepath.Join(t.TempDir(), "dislikes")}, t.TempDir()
	require.NoError(t, os.WriteFile(picky.dislikes, nil, 0o600))
	script := fmt.Sprintf("#!/bin/sh\ngrep -q -F -f '%s' \"$3\" && exit %d\nexec \"$(dirname \"$0\")/mini\" \"$@\"\n", picky.dislikes, code)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "picky"), []byte(script), 0o700))
	require.NoError(t, os.Link(filepath.Join(mini.Dir(), "mini"), filepath.Join(dir, "mini")))
	text, err := os.ReadFile(filepath.Join(mini.Dir(), workload.ManifestFile))
	require.NoError(t, err)
	var manifest map[string]any
	require.NoError(t, json.Unmarshal(text, &manifest))
	manifest["commands"].(map[string]any)[string(command)] = []string{"./picky"}
	text, err = json.Marshal(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, workload.ManifestFile), text, 0o600))
	return newRig(t, dir), picky
}

// Dislike adds hashes of files; in place of one, a part of any request does too.
func (p Picky) Dislike(hashes ...string) {
	p.t.Helper()
	file, err := os.OpenFile(p.dislikes, os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(p.t, err)
	for _, hash := range hashes {
		_, err = fmt.Fprintln(file, hash)
		require.NoError(p.t, err)
	}
	require.NoError(p.t, file.Close())
}

// Forgive makes it like all files again.
func (p Picky) Forgive() {
	p.t.Helper()
	require.NoError(p.t, os.Truncate(p.dislikes, 0))
}
