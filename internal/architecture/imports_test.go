package architecture

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/ringrift/orchestrator/"

const (
	temporal = "go.temporal.io/"
	internal = module + "internal/"
)

// rules are about the packages at and below a prefix, but for those in but, and but for what is made for tests: what
// they must not import, and why. An import that a rule forbids is allowed again by a longer prefix in except.
var rules = []struct {
	who, but      string
	never, except []string
	why           string
}{
	{who: "internal/spec", never: []string{module, "github.com/", temporal, "golang.org/"},
		why: "the vocabulary uses the standard library only, so that everything can build on it"},
	{who: "workflows", never: []string{module, "os", "net", "math/rand", "database/"}, except: []string{internal + "spec", "math/rand"},
		why: "workflows are deterministic: they know the vocabulary and nothing that has effects"},

	{who: "internal/config", never: []string{module, temporal}, why: "settings are read before anything is there to know"},
	{who: "internal/process", never: []string{module, temporal}, except: []string{internal + "process"},
		why: "processes are run alike for daemons and jobs; their shim is small"},
	{who: "internal/workload", never: []string{module, temporal}, except: []string{internal + "workload", internal + "process"},
		why: "the contract knows commands and files, not the cluster that runs them"},
	{who: "internal/ledger", never: []string{module, temporal}, except: []string{internal + "ledger"},
		why: "the ledger is SQL alone, so that whoever opens it brings nothing else along"},
	{who: "internal/bus", never: []string{module, temporal}, except: []string{internal + "spec", internal + "bus"},
		why: "the bus is below the daemons and beside Temporal"},
	{who: "internal/data", but: "internal/data/peers", never: []string{module, temporal}, except: []string{internal + "data", internal + "pause"},
		why: "files are kept and moved without bus and ledger; only peers finds the other nodes"},
	{who: "internal/data/peers", never: []string{internal + "ledger", internal + "host", temporal},
		why: "a node finds the others on the bus; only cluster daemons open the ledger"},
	{who: "internal/nodes", never: []string{module, temporal}, except: []string{internal + "spec", internal + "bus"},
		why: "what a node says of itself goes over the bus; the ledger's records are CLUSTER_MONITOR's"},
	{who: "internal/quality", never: []string{module, temporal}, except: []string{internal + "spec", internal + "bus", internal + "quality"},
		why: "what games are worth is judged on the nodes and told over the bus; the ledger has nothing of it"},
	{who: "internal/selfplay", never: []string{temporal, internal + "bus", internal + "host", module + "daemons"},
		why: "a plan is what the ledger holds, for whoever makes it or works it off"},
	{who: "internal/queuelevel", never: []string{temporal, internal + "host", module + "daemons"},
		why: "how full a queue is stands in the ledger and is told on the bus, whoever measures it"},
	{who: "internal/jobs", never: []string{temporal, internal + "control", internal + "host", module + "daemons", module + "workflows", module + "activities"},
		why: "what a job is does not depend on who runs it"},

	{who: "internal/thresholds", never: []string{module, temporal}, except: []string{internal + "spec", internal + "thresholds", internal + "strict", internal + "rating"},
		why: "thresholds are values: everything may go by them, and they by nothing but what games can show"},
	{who: "internal/strict", never: []string{module, temporal}, why: "how files are read does not depend on what is in them"},
	{who: "internal/daemonfile", never: []string{module, temporal}, except: []string{internal + "spec", internal + "strict", internal + "daemonfile"},
		why: "a file of daemons becomes rows of the registry, whoever reads it"},
	{who: "internal/processcompose", never: []string{module, temporal}, except: []string{internal + "spec", internal + "strict", internal + "daemonfile", internal + "processcompose"},
		why: "a file of another supervisor becomes a file of daemons, whoever asks for it"},
	{who: "internal/rating", never: []string{module, "github.com/", "os", "net", "math/rand", "database/"},
		why: "ratings are a pure function of the matches"},
	{who: "internal/promotion", never: []string{module, "github.com/", "os", "net", "math/rand", "database/"}, except: []string{internal + "rating"},
		why: "verdicts are a pure function of recorded evidence"},
	{who: "internal/feedback", never: []string{temporal, internal + "host", internal + "pipeline", module + "daemons"},
		why: "plans and weights are functions of what the ledger holds, for whoever makes them or goes by them"},
	{who: "internal/pipeline", never: []string{temporal, internal + "control", module + "daemons", module + "workflows", module + "activities"},
		why: "what a training loop is does not depend on who runs it; its desk is a daemon's body"},

	{who: "internal/progress", never: []string{temporal, internal + "bus", internal + "host", internal + "control", module + "daemons", module + "workflows", module + "activities"},
		why: "what people are shown of the training is what the ledger says"},

	{who: "internal/host", never: []string{temporal, module + "activities", module + "workflows", module + "daemons"},
		why: "a daemon's surroundings know nothing of Temporal"},
	{who: "internal/web", never: []string{temporal, internal + "ledger", internal + "control", module + "daemons"},
		why: "pages show what they are given"},
	{who: "daemons/", never: []string{module + "daemons/", module + "activities", module + "workflows", internal + "node", internal + "control", temporal},
		why: "daemons meet by event, job and ledger, never by import"},
	{who: "activities", never: []string{module + "daemons", module + "worker", module + "starter", module + "workflows"},
		why: "activities are adapters; they know the host, not the daemons"},

	{but: "internal/workload/mini", never: []string{internal + "workload/mini"}, why: "mini is called as any workload is: as a command"},
	{never: []string{module + "worker", module + "starter"}, why: "nobody imports a main package"},
	{but: "internal/config", never: []string{"github.com/caarlos0/env/"}, why: "the environment is read in one place"},
	{never: []string{"io/ioutil", "log"}, except: []string{"log/slog"}, why: "these have better successors: io, os, log/slog"},
}

func TestImportsPointDownwards(t *testing.T) {
	t.Parallel()
	all := packages(t)
	for name, imports := range all {
		if forTests(imports) {
			continue
		}
		for _, imported := range imports {
			if forTests(all[strings.TrimPrefix(imported, module)]) {
				t.Errorf("%s imports %s: only tests use what is made for tests", name, imported)
			}
		}
		for _, rule := range rules {
			if !concerns(rule.who, name) || rule.but != "" && concerns(rule.but, name) {
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

// forTests says whether a package with these imports is made for tests.
func forTests(imports []string) bool { return slices.Contains(imports, "testing") }

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
