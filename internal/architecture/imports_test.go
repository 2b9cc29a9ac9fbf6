package architecture

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/ringrift/orchestrator/"

// rules are prefixes of packages and what they must not import, with the reason. An import that a rule
// forbids is allowed again by a longer prefix in except.
var rules = []struct {
	who    string
	never  []string
	except []string
	why    string
}{
	{"internal/spec", []string{module, "github.com/", "go.temporal.io/", "golang.org/"}, nil,
		"the vocabulary uses the standard library only, so that everything can build on it"},
	{"workflows", []string{module, "os", "net", "math/rand", "database/"}, []string{module + "internal/spec", "math/rand"},
		"workflows are deterministic: they know the vocabulary and nothing that has effects"},
	{"internal/host", []string{"go.temporal.io/", module + "activities", module + "workflows", module + "daemons"}, nil,
		"a daemon's surroundings know nothing of Temporal"},
	{"internal/bus", []string{"go.temporal.io/", module}, []string{module + "internal/spec", module + "internal/bus"},
		"the bus is below the daemons and beside Temporal"},
	{"internal/thresholds", []string{module, "go.temporal.io/"}, []string{module + "internal/spec", module + "internal/thresholds"},
		"thresholds are values: everything may go by them, and they by nothing"},
	{"daemons/", []string{module + "daemons/", module + "activities", module + "workflows", module + "internal/node", "go.temporal.io/"}, nil,
		"daemons meet by event, job and ledger, never by import"},
	{"activities", []string{module + "daemons", module + "worker", module + "starter", module + "workflows"}, nil,
		"activities are adapters; they know the host, not the daemons"},
	{"", []string{module + "worker", module + "starter"}, nil, "nobody imports a main package"},
	{"", []string{"io/ioutil", "log"}, []string{"log/slog"}, "these have better successors: io, os, log/slog"},
}

func TestImportsPointDownwards(t *testing.T) {
	t.Parallel()
	for name, imports := range packages(t) {
		for _, rule := range rules {
			if !concerns(rule.who, name) {
				continue
			}
			for _, imported := range imports {
				if forbidden(imported, rule.never, rule.except) {
					t.Errorf("%s imports %s: %s", name, imported, rule.why)
				}
			}
		}
	}
}

// packages returns what each package of the module imports, without its tests.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	output, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	require.NoError(t, err)
	all := map[string][]string{}
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for {
		var one struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all[strings.TrimPrefix(one.ImportPath, module)] = one.Imports
	}
	require.Contains(t, all, "workflows", "go list must have seen the module")
	return all
}

// concerns says whether a rule is about a package: itself and what is below it, or, with a slash at the
// end, only what is below it. An empty name is every package.
func concerns(who, name string) bool {
	return who == "" || name == who || strings.HasPrefix(name, strings.TrimSuffix(who, "/")+"/")
}

func forbidden(imported string, never, except []string) bool {
	for _, allowed := range except {
		if under(imported, allowed) {
			return false
		}
	}
	for _, prefix := range never {
		if under(imported, prefix) {
			return true
		}
	}
	return false
}

// under says whether a package is the given one, or below a prefix that ends in a slash.
func under(imported, prefix string) bool {
	return imported == prefix || strings.HasPrefix(imported, strings.TrimSuffix(prefix, "/")+"/")
}
