package local_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/local"
)

const root = "../.."

// TestDocumentCommandsExist reads every command that a document tells the reader to type, and checks that its
// target, its subcommand and its flags are there.
func TestDocumentCommandsExist(t *testing.T) {
	t.Parallel()
	targets := makeTargets(t)
	for _, document := range documents(t) {
		for _, line := range append(shellLines(t, document), inlineCommands(t, document)...) {
			words := shellWords(line)
			switch {
			case words[0] == "make":
				require.Contains(t, targets, words[1], "%s: %s", document, line)
			case words[0] == "temporal":
				requireTemporalCommand(t, document, words[1:])
			case starterArguments(words) != nil:
				requireStarterCommand(t, document, starterArguments(words))
			}
			for _, word := range words {
				if strings.HasPrefix(word, "deploy/") {
					require.FileExists(t, filepath.Join(root, word), "%s: %s", document, line)
				}
			}
		}
	}
}

func TestDocumentLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	for _, document := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(read(t, document), -1) {
			if !strings.Contains(match[1], "://") {
				require.FileExists(t, filepath.Join(filepath.Dir(document), match[1]), "link in %s", document)
			}
		}
	}
}

func TestDocumentSettingsExist(t *testing.T) {
	t.Parallel()
	known := settings(t)
	row := regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (?:`([^`]*)`)? ?\\|")
	rows := row.FindAllStringSubmatch(read(t, filepath.Join(root, "README.md")), -1)
	require.NotEmpty(t, rows, "the table of settings must be found")
	for _, match := range rows {
		fallback, found := known[match[1]]
		require.True(t, found, "README names %s, which no program reads", match[1])
		require.Equal(t, fallback, match[2], "default of %s", match[1])
	}
}

func documents(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	examples, err := filepath.Glob(filepath.Join(root, "docs", "examples", "*", "*.md"))
	require.NoError(t, err)
	found = append(found, examples...)
	require.NotEmpty(t, found)
	return append(found, filepath.Join(root, "README.md"))
}

func shellLines(t *testing.T, document string) (lines []string) {
	t.Helper()
	block := regexp.MustCompile("(?s)```sh\n(.*?)```")
	for _, match := range block.FindAllStringSubmatch(read(t, document), -1) {
		for _, line := range strings.Split(strings.TrimSpace(match[1]), "\n") {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
	}
	require.NotEmpty(t, lines, "%s shows no command", document)
	return lines
}

// inlineCommands are those of the starter in the text itself.
func inlineCommands(t *testing.T, document string) (lines []string) {
	t.Helper()
	for _, match := range regexp.MustCompile("`((?:bin/)?starter [^`\n]+)`").FindAllStringSubmatch(read(t, document), -1) {
		lines = append(lines, match[1])
	}
	return lines
}

// shellWords splits a line as far as our documents need: quotes keep words together, and what a command is given as
// variables is left out.
func shellWords(line string) (words []string) {
	line = regexp.MustCompile(`^([A-Z_]+=\S+ )+`).ReplaceAllString(line, "")
	for _, word := range regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`).FindAllString(line, -1) {
		words = append(words, strings.Trim(word, `'"`))
	}
	return words
}

// starterArguments returns what follows the starter's name on a line that runs it, also inside a container.
func starterArguments(words []string) []string {
	for at, word := range words {
		if word == "bin/starter" && at == 0 || word == "starter" && words[0] != "install" {
			return words[at+1:]
		}
	}
	return nil
}

// requireStarterCommand relies on --help being answered only after the command and all its flags are known.
func requireStarterCommand(t *testing.T, document string, arguments []string) {
	t.Helper()
	var help, complaint bytes.Buffer
	system := cli.System{In: strings.NewReader(""), Out: &help, Err: &complaint, Now: time.Now}
	system.Commands = append(system.Commands, local.Command(local.Config{}))
	code := cli.Execute(t.Context(), system, append(arguments, "--help"))
	require.Equal(t, cli.ExitDone, code, "%s: starter %s: %s", document, strings.Join(arguments, " "), &complaint)
	group := regexp.MustCompile(`(?m)^  starter(.*) \[command\]$`).FindStringSubmatch(help.String())
	if group != nil { // it has commands of its own, and the next word, if any, is none of them
		words := slices.DeleteFunc(slices.Clone(arguments), func(word string) bool { return strings.HasPrefix(word, "-") })
		require.Equal(t, strings.Fields(group[1]), words, "%s: starter %s", document, strings.Join(arguments, " "))
	}
}

func requireTemporalCommand(t *testing.T, document string, arguments []string) {
	t.Helper()
	binary, err := local.FindTemporal(os.Getenv("TEMPORAL_CLI"), filepath.Join(root, "bin"))
	require.NoError(t, err, "this test needs the Temporal CLI; build it with: make temporal")
	output, err := exec.Command(binary, append(arguments, "--help")...).CombinedOutput()
	require.NoError(t, err, "%s: temporal %s: %s", document, strings.Join(arguments, " "), output)
}

func makeTargets(t *testing.T) (targets []string) {
	t.Helper()
	for _, match := range regexp.MustCompile(`(?m)^([a-z]+):`).FindAllStringSubmatch(read(t, filepath.Join(root, "Makefile")), -1) {
		targets = append(targets, match[1])
	}
	return targets
}

// settings finds every variable that a program of ours reads, with its default, in the struct tags of the code.
func settings(t *testing.T) map[string]string {
	t.Helper()
	tag := regexp.MustCompile("`env:\"([A-Z_]+)[^\"]*\"(?: envDefault:\"([^\"]*)\")?")
	known := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, match := range tag.FindAllStringSubmatch(read(t, path), -1) {
			known[match[1]] = match[2]
		}
		return nil
	}))
	return known
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
