package daemonfile_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/daemonfile"
	"github.com/ringrift/orchestrator/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// registry has what the files of these tests speak of: a row that runs, a planned one in the startup order, an alias.
func registry(t testing.TB) *spec.Registry {
	t.Helper()
	row := func(name spec.Type, position int, status spec.Status, needs ...spec.Type) spec.Daemon {
		return spec.Daemon{
			Type: name, Category: spec.CategorySync, Runner: "create_" + strings.ToLower(string(name)), DependsOn: needs,
			AutoRestart: true, MaxRestarts: 9, StartupPosition: position, Status: status,
		}
	}
	planned := row("S3_NODE_SYNC", 1, spec.StatusPlanned, "EVENT_ROUTER")
	planned.HealthCheckInterval, planned.Critical, planned.Scope, planned.Roles = 20*time.Second, true, spec.ScopeNode, []spec.Role{spec.RoleStorage}
	alias := row("OLD_ROUTER", -1, spec.StatusDeprecated)
	alias.Deprecated, alias.DeprecatedMessage, alias.Replacement = true, "use EVENT_ROUTER", "EVENT_ROUTER"
	table, err := spec.NewRegistry([]spec.Daemon{
		row("EVENT_ROUTER", 0, spec.StatusAvailable), planned, row("AUTO_SYNC", 2, spec.StatusAvailable, "S3_NODE_SYNC"), alias,
	})
	require.NoError(t, err)
	return table
}

// rows reads a text that has to be right.
func rows(t *testing.T, text string) map[string]spec.Daemon {
	t.Helper()
	file, err := daemonfile.Parse("daemons.yaml", []byte(text), "/srv/app")
	require.NoError(t, err)
	return rowsOf(t, file)
}

func rowsOf(t *testing.T, file *daemonfile.File) map[string]spec.Daemon {
	t.Helper()
	list, err := file.Rows(registry(t))
	require.NoError(t, err)
	byName := map[string]spec.Daemon{}
	for _, row := range list {
		byName[row.Program.Name] = row
	}
	require.Len(t, byName, len(list))
	return byName
}

func TestEveryFieldBecomesPartOfTheRow(t *testing.T) {
	t.Parallel()
	file, err := daemonfile.Read("testdata/good/everything.yaml")
	require.NoError(t, err)
	got := rowsOf(t, file)
	folder, err := filepath.Abs("testdata/good")
	require.NoError(t, err)

	require.Len(t, got, 7, "one is disabled")
	require.Equal(t, spec.Daemon{
		Type: "POSTGRES", Category: "database", Runner: "command", DependsOn: []spec.Type{"NETWORK", "EVENT_ROUTER"},
		HealthCheckInterval: 15 * time.Second, AutoRestart: true, MaxRestarts: 7, Critical: true, Scope: spec.ScopeCluster,
		StartupPosition: -1, Status: spec.StatusAvailable,
		HeartbeatTimeout: 30 * time.Second, StartupGrace: 2 * time.Minute, ReadyTimeout: 90 * time.Second, StopTimeout: 70 * time.Second,
		ProbeInterval: 10 * time.Minute, StabilityWindow: 2 * time.Hour, UnhealthyThreshold: 2,
		RestartPause: 2 * time.Second, MaxRestartPause: time.Minute,
		Program: &spec.Program{
			Name: "postgres", Description: "the database", Kind: spec.ProgramService,
			Command: []string{"postgres", "-D", "data", "-p", "5433"}, Directory: folder,
			Environment: map[string]string{
				"PGPORT": "5433", "PASSWORD": "${file:" + folder + "/secret}", "VERBOSE": "true", "URL": "postgres://${env:USER}@host",
			},
			EnvironmentFiles: []string{folder + "/.env", "/etc/postgres.env"}, User: "postgres",
			Readiness: &spec.Probe{TCP: "127.0.0.1:5433", Interval: 2 * time.Second, Timeout: time.Second, Success: 2},
			Liveness: &spec.Probe{
				Exec: []string{"pg_isready", "-p", "5433"}, Interval: 2 * time.Second, Timeout: time.Second, Success: 1, Failure: 3,
			},
			StopSignal: "SIGINT", StopGrace: time.Minute, SuccessCodes: []int{0, 3},
			MemoryLimit: 512 << 20, ProcessLimit: 64, Processors: 1, Nice: 5, LogLimit: 1_000_000_000, LogKeep: 3,
		},
	}, got["postgres"])

	report := got["nightly-report"]
	require.Equal(t, spec.Type("NIGHTLY_REPORT"), report.Type)
	require.Equal(t, []spec.Role{spec.RoleSelfplay, spec.RoleStorage}, report.Roles)
	require.Equal(t, spec.ProgramScheduled, report.Program.Kind)
	require.Equal(t, []any{"30 3 * * *", "Europe/Berlin", true, time.Hour},
		[]any{report.Program.Schedule, report.Program.TimeZone, report.Program.CatchUp, report.Program.RunTimeout})

	network := got["network"]
	require.Equal(t, []string{"/bin/sh", "-c", "ip link | cat"}, network.Program.Command)
	require.Equal(t, "overlaid, with this kept", network.Program.Description)
	require.Equal(t, 5*time.Minute, network.ReadyTimeout, "a one-shot has its run's time to be ready")
	require.Equal(t, folder+"/parts", network.Program.Directory, "of the file that declares it first")
	require.Equal(t, folder+"/parts/work", got["shared"].Program.Directory)

	require.True(t, got["web"].Program.RestartOnSuccess)
	require.Equal(t, []spec.Type{"POSTGRES", "NIGHTLY_REPORT"}, got["web"].DependsOn)
	require.False(t, got["notifier"].AutoRestart)
	require.Equal(t, &spec.Probe{Descriptor: 3}, got["notifier"].Program.Readiness)
	require.Equal(t, &spec.Probe{Log: "^ready"}, got["s3-node-sync"].Program.Readiness)
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got := rows(t, "version: 1\ndaemons:\n  api: {command: [api]}\n  once: {command: [once], kind: one_shot}\n  often: {command: [often], schedule: '@hourly'}")
	api := got["api"]
	require.Equal(t, spec.Daemon{
		Type: "API", Category: spec.CategoryMisc, Runner: "command", HealthCheckInterval: 30 * time.Second,
		AutoRestart: true, MaxRestarts: 5, Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
		HeartbeatTimeout: time.Minute, StartupGrace: time.Minute, ReadyTimeout: time.Minute, StopTimeout: 20 * time.Second,
		ProbeInterval: 30 * time.Minute, StabilityWindow: time.Hour, UnhealthyThreshold: 3,
		RestartPause: time.Second, MaxRestartPause: 5 * time.Minute,
		Program: &spec.Program{
			Name: "api", Kind: spec.ProgramService, Command: []string{"api"}, Directory: "/srv/app",
			StopSignal: "SIGTERM", StopGrace: 10 * time.Second, SuccessCodes: []int{0}, RestartOnSuccess: true,
			LogLimit: 5 << 20, LogKeep: 2,
		},
	}, api)
	require.Equal(t, time.Hour, got["once"].ReadyTimeout)
	require.False(t, got["once"].Program.RestartOnSuccess)
	require.Equal(t, spec.ProgramScheduled, got["often"].Program.Kind)
	require.Equal(t, "UTC", got["often"].Program.TimeZone)
}

func TestAdoptedRowKeepsWhatTheRegistrySays(t *testing.T) {
	t.Parallel()
	planned, _ := registry(t).Get("S3_NODE_SYNC")
	got := rows(t, "version: 1\ndaemons: {sync: {adopts: S3_NODE_SYNC, command: [sync]}, after: {command: [x], depends_on: [sync]}}")
	require.Equal(t, []spec.Type{"S3_NODE_SYNC"}, got["after"].DependsOn)
	require.Equal(t, "sync", got["sync"].Program.Name)
	row := got["sync"]
	require.Equal(t, spec.StatusAvailable, row.Status)
	row.Program, row.Status, row.Runner, row.StartupGrace, row.ReadyTimeout, row.StopTimeout = nil, planned.Status, planned.Runner, planned.StartupGrace, planned.ReadyTimeout, planned.StopTimeout
	require.Equal(t, planned, row)

	composed, err := daemonfile.Compose(registry(t), []spec.Daemon{got["sync"], got["after"]})
	require.NoError(t, err)
	require.Equal(t, []spec.Type{"EVENT_ROUTER", "S3_NODE_SYNC", "AUTO_SYNC", "OLD_ROUTER", "AFTER"}, composed.Types())
	adopted, _ := composed.Get("S3_NODE_SYNC")
	require.Equal(t, []string{"sync"}, adopted.Program.Command)
}

// A worker that is frozen has shown itself to the server for the last time up to 8 s before; its shims end the programs
// 20 s after that, and by then nobody must have started others.
func TestHeartbeatTimeoutOutlastsTheShim(t *testing.T) {
	t.Parallel()
	for _, interval := range []string{"5s", "10s", "14s", "15s", "20s", "1m"} {
		for _, critical := range []string{"true", "false"} {
			file, err := daemonfile.Parse("daemons.yaml", []byte("version: 1\ndaemons:\n  a: {command: [x], critical: "+critical+", health_check_interval: "+interval+"}\n"), "/")
			if err != nil {
				require.ErrorContains(t, err, "health_check_interval")
				continue
			}
			require.GreaterOrEqual(t, rowsOf(t, file)["a"].HeartbeatTimeout, 28*time.Second, interval)
		}
	}
}

func TestComposeRefusesCycles(t *testing.T) {
	t.Parallel()
	got := rows(t, "version: 1\ndaemons: {a: {command: [a]}, b: {command: [b], depends_on: [a]}}")
	a := got["a"]
	a.DependsOn = []spec.Type{"B"}
	_, err := daemonfile.Compose(registry(t), []spec.Daemon{a, got["b"]})
	require.ErrorContains(t, err, "cycle")
}

func TestLaterFilesAreLaidOverEarlierOnes(t *testing.T) {
	t.Parallel()
	base, production := filepath.Join(t.TempDir(), "base.yaml"), filepath.Join(t.TempDir(), "production.yaml")
	require.NoError(t, os.WriteFile(base, []byte(`version: 1
daemons:
  api: {command: [api, --debug], env: {A: 1, B: 2, C: 3}, depends_on: [db], env_files: [base.env], restart: no, description: kept}
  db: {command: [db]}
`), 0o600))
	require.NoError(t, os.WriteFile(production, []byte(`daemons:
  api: {command: [api], env: {B: null, C: 4, D: 5}, depends_on: null, env_files: [production.env], restart: {max_restarts: 1}}
  db: null
`), 0o600))
	file, err := daemonfile.Read(base, production)
	require.NoError(t, err)
	got := rowsOf(t, file)
	require.Len(t, got, 1, "null takes the database away")
	api := got["api"]
	require.Empty(t, api.DependsOn)
	require.Equal(t, []string{"api"}, api.Program.Command)
	require.Equal(t, map[string]string{"A": "1", "C": "4", "D": "5"}, api.Program.Environment)
	require.Equal(t, []string{filepath.Join(filepath.Dir(production), "production.env")}, api.Program.EnvironmentFiles)
	require.Equal(t, filepath.Dir(base), api.Program.Directory)
	require.Equal(t, "kept", api.Program.Description)
	require.True(t, api.AutoRestart)
	require.Equal(t, 1, api.MaxRestarts)
}

// What two daemons say by one anchor stays the other's when a later file changes it for one.
func TestAnchorsAreNotShared(t *testing.T) {
	t.Parallel()
	base, over := filepath.Join(t.TempDir(), "base.yaml"), filepath.Join(t.TempDir(), "over.yaml")
	require.NoError(t, os.WriteFile(base, []byte("version: 1\ndaemons: {a: &a {command: [x], env: {A: 1, B: 2}}, b: *a, c: {<<: *a}}"), 0o600))
	require.NoError(t, os.WriteFile(over, []byte("daemons: {a: {env: {A: 3, B: null}, command: [y]}}"), 0o600))
	file, err := daemonfile.Read(base, over)
	require.NoError(t, err)
	got := rowsOf(t, file)
	require.Equal(t, map[string]string{"A": "3"}, got["a"].Program.Environment)
	for _, name := range []string{"b", "c"} {
		require.Equal(t, map[string]string{"A": "1", "B": "2"}, got[name].Program.Environment)
		require.Equal(t, []string{"x"}, got[name].Program.Command)
	}
}

// An edge may be written as a name or as a type, in any case; one that is disabled stands in nobody's way.
func TestEdgesByNameAndType(t *testing.T) {
	t.Parallel()
	got := rows(t, `version: 1
daemons:
  Web-Server: {command: [x], disabled: true}
  web-server: {command: [x]}
  api: {command: [x], depends_on: [WEB_SERVER, event-router]}
  job: {command: [x], depends_on: [web_server, Api, s3_node_sync, OLD_ROUTER]}
`)
	require.Equal(t, []spec.Type{"WEB_SERVER", "EVENT_ROUTER"}, got["api"].DependsOn)
	require.Equal(t, []spec.Type{"WEB_SERVER", "API", "S3_NODE_SYNC", "OLD_ROUTER"}, got["job"].DependsOn)
}

// The text says the same, wherever it is read again.
func TestTextIsTheFile(t *testing.T) {
	t.Parallel()
	file, err := daemonfile.Read("testdata/good/everything.yaml")
	require.NoError(t, err)
	again, err := daemonfile.Parse("kept", []byte(file.Text()), "/elsewhere")
	require.NoError(t, err, file.Text())
	require.Equal(t, file.Text(), again.Text())
	require.Regexp(t, "^[0-9a-f]{64}$", file.Digest())
	require.Equal(t, file.Digest(), again.Digest())
	require.Equal(t, rowsOf(t, file), rowsOf(t, again))

	folder, err := filepath.Abs("testdata/good")
	require.NoError(t, err)
	golden(t, "testdata/good/everything.golden", strings.ReplaceAll(file.Text(), folder, "/FOLDER"))

	one, err := daemonfile.Parse("one", []byte("version: 1\ndaemons: {a: {command: [x, 1], startup_grace: 60s}, b: {shell: x}}"), "/f")
	require.NoError(t, err)
	same, err := daemonfile.Parse("same", []byte("daemons:\n  b: {shell: x, directory: .} # in another order\n  a: {startup_grace: 1m, command: [x, '1'], user: null}\nversion: 1"), "/f")
	require.NoError(t, err)
	require.Equal(t, one.Digest(), same.Digest())
}
