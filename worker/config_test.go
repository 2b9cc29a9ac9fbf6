package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVersionNeedsBothNames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ deployment, build, fault string }{
		"unversioned":          {"", "", ""},
		"versioned":            {"ringrift", "v1.2.3+4", ""},
		"of the controller":    {"cluster-a/ringrift", "1f2e-3d", ""},
		"no build":             {"ringrift", "", "without TEMPORAL_WORKER_BUILD_ID"},
		"no deployment":        {"", "v1", "without TEMPORAL_DEPLOYMENT_NAME"},
		"dot in deployment":    {"ring.rift", "v1", `TEMPORAL_DEPLOYMENT_NAME "ring.rift"`},
		"reserved deployment":  {"__ringrift", "v1", `TEMPORAL_DEPLOYMENT_NAME "__ringrift"`},
		"white space in build": {"ringrift", "v 1", `TEMPORAL_WORKER_BUILD_ID "v 1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := Config{Deployment: test.deployment, BuildID: test.build, WatchdogInterval: time.Minute, DeadLetterPause: time.Minute}
			settings.DataDir, settings.NodeID = t.TempDir(), "node-1"
			_, err := settings.resolved(nil)
			if test.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.fault)
		})
	}
}

func TestSecretIsGivenOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("from the file\n"), 0o600))
	for name, test := range map[string]struct{ value, file, want, fault string }{
		"none":         {},
		"value":        {value: "given", want: "given"},
		"file":         {file: file, want: "from the file"},
		"both":         {value: "given", file: file, fault: "CLUSTER_KEY and CLUSTER_KEY_FILE are both set"},
		"file missing": {file: file + ".absent", fault: "CLUSTER_KEY_FILE"},
	} {
		secret, err := readSecret("CLUSTER_KEY", test.value, test.file)
		require.Equal(t, test.want, secret, name)
		if test.fault == "" {
			require.NoError(t, err, name)
		} else {
			require.ErrorContains(t, err, test.fault, name)
		}
	}
}

// What a reference stands for is found before anything starts.
func TestASecretThatLeadsNowhereEndsTheWorker(t *testing.T) {
	t.Parallel()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asWorker+"=1", "DATA_DIR="+t.TempDir(), "STORE_DSN=${env:NO_SUCH_DSN}", "DATA_TOKEN=${file:/no/such/token}")
	output, err := command.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "STORE_DSN: ${env:NO_SUCH_DSN}: the variable NO_SUCH_DSN is not set")
	require.Contains(t, string(output), "DATA_TOKEN: ${file:/no/such/token}: open")
}
