package processcompose_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/daemonfile"
	"github.com/ringrift/orchestrator/internal/processcompose"
	"github.com/ringrift/orchestrator/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run `go test ./internal/processcompose -update` to write it")
	require.Equal(t, string(want), got, "`go test ./internal/processcompose -update` accepts it")
}

// registry has one row, whose type no daemon may have.
func registry(t testing.TB) *spec.Registry {
	t.Helper()
	table, err := spec.NewRegistry([]spec.Daemon{{
		Type: "AUTO_SYNC", Category: spec.CategorySync, Runner: "create_auto_sync", Status: spec.StatusPlanned, StartupPosition: -1,
	}})
	require.NoError(t, err)
	return table
}

// report is what an import says, without the folder that the files lie in.
func report(t *testing.T, result *processcompose.Result, hidden ...string) string {
	t.Helper()
	var lines []string
	for _, note := range result.Notes {
		lines = append(lines, note.String())
	}
	return strings.NewReplacer(hidden...).Replace(strings.Join(lines, "\n")) + "\n"
}

// Three projects as process-compose's documents have them become files of daemons that the reader and the registry
// take; what is said of each key is kept.
func TestProjects(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"shop": "process-compose.yaml", "pipeline": "process-compose.yml", "site": "process-compose.yaml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join("testdata", "projects", name)
			result, err := processcompose.Import(processcompose.Options{Registry: registry(t)}, filepath.Join(folder, file))
			require.NoError(t, err)
			golden(t, filepath.Join("testdata", name+".daemons.golden"), strings.ReplaceAll(string(result.Text), folder+"/", ""))
			golden(t, filepath.Join("testdata", name+".report.golden"), report(t, result, folder+"/", ""))
			parsed, err := daemonfile.Parse("daemons.yaml", result.Text, folder)
			require.NoError(t, err)
			_, err = parsed.Rows(registry(t))
			require.NoError(t, err)
		})
	}
}

// Every file in testdata/keys shows what is said of keys, and what they become; those in testdata/errors cannot be
// imported at all.
func TestKeysAndErrors(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"keys", "errors"} {
		paths, err := filepath.Glob(filepath.Join("testdata", kind, "*.yaml"))
		require.NoError(t, err)
		require.NotEmpty(t, paths)
		absolute, err := filepath.Abs(filepath.Join("testdata", kind))
		require.NoError(t, err)
		for _, path := range paths {
			t.Run(kind+"/"+filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				result, err := processcompose.Import(processcompose.Options{Registry: registry(t)}, path)
				got := ""
				if kind == "errors" {
					require.Error(t, err)
					got = err.Error() + "\n"
				} else {
					require.NoError(t, err)
					got = report(t, result) + "---\n" + string(result.Text)
				}
				got = strings.NewReplacer(absolute, "/FOLDER", filepath.Join("testdata", kind)+"/", "").Replace(got)
				golden(t, strings.TrimSuffix(path, ".yaml")+".golden", got)
			})
		}
	}
}

// A later file is laid over an earlier one, and paths are meant from the first.
func TestFilesTogether(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	base, over := filepath.Join(folder, "base.yaml"), filepath.Join(t.TempDir(), "over.yaml")
	write(t, base, "processes: {web: {command: one, working_dir: www, environment: [A=1, B=2], shutdown: {signal: 2}}}")
	write(t, over, "processes: {web: {command: two, working_dir: web, environment: [B=3, C=4], shutdown: {timeout_seconds: 7}}}")
	result, err := processcompose.Import(processcompose.Options{Registry: registry(t)}, base, over)
	require.NoError(t, err)
	require.Contains(t, string(result.Text), `    command: [bash, -c, two]
    directory: web
    env:
      B: "3"
      C: "4"
      A: "1"
    stop:
      signal: SIGINT
      timeout: 7s
`)
}

// A result that is kept elsewhere has absolute paths.
func TestResultElsewhere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "process-compose.yaml"), "processes: {web: {command: x}, api: {command: x, working_dir: sub}}")
	write(t, filepath.Join(folder, ".env"), "A=1")
	result, err := processcompose.Import(processcompose.Options{Registry: registry(t), Folder: t.TempDir()}, filepath.Join(folder, "process-compose.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(result.Text), "directory: "+folder+"\n")
	require.Contains(t, string(result.Text), "directory: "+folder+"/sub\n")
	require.Contains(t, string(result.Text), "env_files: ["+folder+"/.env]\n")
}

// No value of a file of variables, nor of the environment of who imports, gets into the result by way of commands or
// environments.
func TestSecretsStayReferences(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("FROM_OUTSIDE", "outside-secret")
	write(t, filepath.Join(folder, "process-compose.yaml"), `
environment: ["URL=postgres://me:${PASSWORD}@db", "OTHER=$FROM_OUTSIDE"]
processes:
  web: {command: "serve --password ${PASSWORD} --other ${FROM_OUTSIDE}", readiness_probe: {exec: {command: "ask ${PASSWORD}"}}}
`)
	write(t, filepath.Join(folder, "my.env"), "PASSWORD='inside-secret'")
	result, err := processcompose.Import(processcompose.Options{Registry: registry(t), EnvFiles: []string{filepath.Join(folder, "my.env")}}, filepath.Join(folder, "process-compose.yaml"))
	require.NoError(t, err)
	require.NotContains(t, string(result.Text)+report(t, result), "inside-secret")
	require.NotContains(t, string(result.Text)+report(t, result), "outside-secret")
	require.Contains(t, string(result.Text), "URL: postgres://me:${env:PASSWORD}@db")
	require.Contains(t, string(result.Text), "FROM_OUTSIDE: ${env:FROM_OUTSIDE}")
	require.Contains(t, string(result.Text), "env_files: [my.env]")
}

// Lines of a file of variables that a daemon reads otherwise are told, without their values.
func TestDotenv(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write(t, filepath.Join(folder, "process-compose.yaml"), "processes: {web: {command: serve, readiness_probe: {http_get: {port: $PORT}}, environment: [A=$EMPTY, B=$QUOTED]}}")
	write(t, filepath.Join(folder, ".env"), `# a comment
PORT=8080 # secret1
export QUOTED='secret2'
ESCAPED="secret3\n"
REFERS=$QUOTED-secret4
OPEN="secret5
EMPTY=

no variable
=secret6
`)
	result, err := processcompose.Import(processcompose.Options{Registry: registry(t)}, filepath.Join(folder, "process-compose.yaml"))
	require.NoError(t, err)
	require.NotContains(t, string(result.Text)+report(t, result), "secret")
	golden(t, "testdata/dotenv.report.golden", report(t, result, folder+"/", ""))
	require.Contains(t, string(result.Text), "http: http://127.0.0.1:8080/")
	require.Contains(t, string(result.Text), "env:\n      A: \"\"\n      B: ${env:QUOTED}\n")
}

func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	var laughs strings.Builder
	laughs.WriteString("x0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		here, before := string(rune('1'+i)), "*a"+string(rune('0'+i))
		laughs.WriteString("x" + here + ": &a" + here + " [" + strings.Repeat(before+", ", 9) + before + "]\n")
	}
	many := "processes:\n  many: {command: x, replicas: 501}\n"
	for name, c := range map[string]struct{ text, want string }{
		"large":    {strings.Repeat("#\n", 1<<19+1), "it is larger than 1048576 bytes"},
		"laughs":   {laughs.String(), "with all references followed it has more than 50000 values"},
		"deep":     {"x: " + strings.Repeat("[", 50) + strings.Repeat("]", 50), "it is nested more than 32 deep"},
		"itself":   {"x: &a {b: *a}", "it is nested more than 32 deep"},
		"replicas": {many, "there are more than 500 daemons"},
	} {
		path := filepath.Join(t.TempDir(), name+".yaml")
		write(t, path, c.text)
		_, err := processcompose.Import(processcompose.Options{Registry: registry(t)}, path)
		require.ErrorContains(t, err, c.want, name)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	options := processcompose.Options{Registry: registry(t)}
	_, err := processcompose.Import(options)
	require.EqualError(t, err, "no file of process-compose is named: name one")
	_, err = processcompose.Import(options, "testdata/nowhere.yaml")
	require.EqualError(t, err, "testdata/nowhere.yaml: it cannot be read: no such file or directory")
	require.True(t, errors.Is(err, os.ErrNotExist))
	_, err = processcompose.Import(options, "testdata")
	require.EqualError(t, err, "testdata: it cannot be read: it is no regular file")
	options.EnvFiles = []string{"testdata/nowhere.env"}
	_, err = processcompose.Import(options, "testdata/projects/shop/process-compose.yaml")
	require.EqualError(t, err, "testdata/nowhere.env: it cannot be read: no such file or directory")
}

func write(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
