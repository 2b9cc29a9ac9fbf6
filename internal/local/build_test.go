package local

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFindTemporalPrefersTheNamedOne(t *testing.T) {
	named, bin := executable(t, t.TempDir()), t.TempDir()
	path := t.TempDir()
	t.Setenv("PATH", path)

	_, err := FindTemporal("", bin)
	require.ErrorIs(t, err, ErrNoTemporal)
	built := executable(t, bin)
	requireFound(t, built, "", bin)
	onPath := executable(t, path)
	requireFound(t, onPath, "", bin)
	requireFound(t, named, named, bin)

	_, err = FindTemporal(filepath.Join(bin, "absent"), bin)
	require.ErrorContains(t, err, "TEMPORAL_CLI", "a named binary that is missing is a mistake to tell, not to work around")
	require.NotErrorIs(t, err, ErrNoTemporal)
}

func TestFailedBuildLeavesNoBinary(t *testing.T) {
	b := setup(t)
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	before, err := os.ReadDir(b.config.BinDir)
	require.NoError(t, err)
	err = b.buildTemporal(t.Context())
	require.ErrorContains(t, err, "module lookup disabled by GOPROXY=off")
	after, err := os.ReadDir(b.config.BinDir)
	require.NoError(t, err)
	require.Equal(t, len(before), len(after), "neither a binary nor a build folder may be left")
}

func TestABinaryOfOtherModulesIsNotCurrent(t *testing.T) {
	t.Parallel()
	require.True(t, isCurrent(executable(t, t.TempDir())), "what a person put there is theirs")
	cli := debug.Module{Path: "github.com/temporalio/cli", Version: temporalVersion()}
	require.True(t, ofModules(&debug.BuildInfo{Main: cli}, temporalModule))
	require.False(t, ofModules(&debug.BuildInfo{Main: cli, Deps: []*debug.Module{{Path: "modernc.org/sqlite", Version: "v1.34.1"}}}, temporalModule))
}

func TestBuildReportsItsLastLine(t *testing.T) {
	t.Parallel()
	b := &Installation{out: &bytes.Buffer{}}
	require.Equal(t, "no space left", b.follow(strings.NewReader("go: downloading a v1\nexample.com/a\nno space left\n")))
}

func executable(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "temporal")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700))
	return path
}

func requireFound(t *testing.T, want, named, bin string) {
	t.Helper()
	got, err := FindTemporal(named, bin)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
