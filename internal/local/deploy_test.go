package local_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

// stopMargin is what a worker needs beside its slowest daemon to end in order.
const stopMargin = 15 * time.Second

func TestDeployFilesParse(t *testing.T) {
	t.Parallel()
	parsed := 0
	for _, path := range deployFiles(t) {
		switch filepath.Ext(path) {
		case ".yml", ".yaml":
			require.NotEmpty(t, yamlDocuments(t, path), path)
			parsed++
		case ".json":
			require.True(t, json.Valid([]byte(read(t, path))), "%s is not JSON", path)
			parsed++
		}
	}
	require.GreaterOrEqual(t, parsed, 8, "the deployment's files must be found")
}

// TestDeploySettingsExist keeps a renamed variable from being set in vain.
func TestDeploySettingsExist(t *testing.T) {
	t.Parallel()
	known := settings(t)
	set := map[string]string{}
	var compose struct {
		Services map[string]struct{ Environment map[string]string }
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, filepath.Join(root, "docker-compose.yml"))), &compose))
	for _, service := range []string{"worker", "starter"} {
		require.NotEmpty(t, compose.Services[service].Environment, "service %s", service)
		for name := range compose.Services[service].Environment {
			set[name] = "docker-compose.yml, " + service
		}
	}
	for _, document := range yamlDocuments(t, filepath.Join(root, "deploy/kubernetes/worker.yaml")) {
		if document["kind"] == "ConfigMap" {
			for name := range document["data"].(map[string]any) {
				set[name] = "deploy/kubernetes/worker.yaml"
			}
		}
	}
	for _, match := range regexp.MustCompile(`(?m)^#? ?([A-Z_]+)=`).FindAllStringSubmatch(read(t, filepath.Join(root, "deploy/systemd/worker.env.example")), -1) {
		set[match[1]] = "deploy/systemd/worker.env.example"
	}
	for name, where := range set {
		_, found := known[name]
		require.True(t, found || strings.HasPrefix(name, "TEMPORAL_"), "%s sets %s, which no program reads", where, name)
	}
}

// TestDeployLeavesTimeToStop compares every stop timeout with the time that one daemon may take.
func TestDeployLeavesTimeToStop(t *testing.T) {
	t.Parallel()
	needed := spec.Daemon{}.WithDefaults().StopTimeout + stopMargin
	for path, pattern := range map[string]string{
		"deploy/systemd/ringrift-worker.service": `TimeoutStopSec=(\d+)`,
		"deploy/kubernetes/worker.yaml":          `terminationGracePeriodSeconds: (\d+)`,
		"docker-compose.yml":                     `stop_grace_period: (\d+)s`,
	} {
		match := regexp.MustCompile(pattern).FindStringSubmatch(read(t, filepath.Join(root, path)))
		require.NotNil(t, match, "%s must set %s", path, pattern)
		seconds, err := strconv.Atoi(match[1])
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Duration(seconds)*time.Second, needed, path)
	}
}

// TestDeployWatchesMetricsThatExist compares the alerts and the board with what the worker exposes.
func TestDeployWatchesMetricsThatExist(t *testing.T) {
	t.Parallel()
	exposed := exposedMetrics()
	phases := regexp.MustCompile(`phase=~?\\?"([A-Z|]+)`)
	for _, path := range []string{"deploy/prometheus/alerts.yml", "deploy/grafana/daemons.json"} {
		text := read(t, filepath.Join(root, path))
		used := regexp.MustCompile(`ringrift_[a-z_]+`).FindAllString(text, -1)
		require.NotEmpty(t, used, path)
		for _, name := range used {
			require.Contains(t, exposed, name, "%s", path)
		}
		for _, match := range phases.FindAllStringSubmatch(text, -1) {
			for _, phase := range strings.Split(match[1], "|") {
				require.Contains(t, knownPhases(), spec.Phase(phase), "%s", path)
			}
		}
	}
}

func exposedMetrics() (names []string) {
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		new(web.Server).Collector().Describe(descriptions)
	}()
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	for description := range descriptions {
		names = append(names, name.FindStringSubmatch(description.String())[1])
	}
	return names
}

func knownPhases() []spec.Phase {
	return []spec.Phase{
		spec.PhaseStopped, spec.PhaseBlocked, spec.PhaseStarting, spec.PhaseRunning, spec.PhaseRestarting, spec.PhaseProbing,
		spec.PhasePaused, spec.PhaseStopping, spec.PhaseCompleted, spec.PhaseDisabled, spec.PhaseUnavailable, spec.PhaseFailed,
	}
}

func deployFiles(t *testing.T) []string {
	t.Helper()
	paths := []string{filepath.Join(root, "docker-compose.yml")}
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "deploy"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	}))
	return paths
}

func yamlDocuments(t *testing.T, path string) (documents []map[string]any) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, path)))
	for {
		var document map[string]any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents
		}
		require.NoError(t, err, path)
		documents = append(documents, document)
	}
}
