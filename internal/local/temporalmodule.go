package local

import (
	"debug/buildinfo"
	_ "embed"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const temporalPackage = "github.com/temporalio/cli/cmd/temporal"

// The modules that the Temporal CLI is built of, as go.mod and go.sum of a module of its own, which asks for nothing but
// the CLI and one newer part: with the SQLite driver that the CLI itself asks for, a dev server is interrupted for good
// if a client gives up at the wrong moment, and answers nobody from then on.
//
// The CLI is not the newest: later ones cannot be had from the Go module proxy, because they need a nested module that is
// not published there. To change a version: copy the two into an empty folder, `go get`, `go mod tidy`, copy them back.
var (
	//go:embed temporal.mod
	temporalModule string
	//go:embed temporal.sum
	temporalSums string
)

// temporalVersion is the version of the CLI in the module.
func temporalVersion() string {
	return regexp.MustCompile(`github\.com/temporalio/cli (\S+)`).FindStringSubmatch(temporalModule)[1]
}

func writeTemporalModule(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(temporalModule), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), []byte(temporalSums), 0o600)
}

// isBuilt says whether the binary is the one that is built here where none is installed.
func isBuilt(path, binDir string) bool {
	bin, err := filepath.Abs(binDir)
	return err == nil && filepath.Dir(path) == bin
}

// isCurrent says whether the binary is of the modules above. What is not of our making is left alone.
func isCurrent(path string) bool {
	built, err := buildinfo.ReadFile(path)
	return err != nil || built.Path != temporalPackage || ofModules(built, temporalModule)
}

// ofModules says whether each module in a binary is in a go.mod, in the same version.
func ofModules(built *buildinfo.BuildInfo, module string) bool {
	for _, part := range append(built.Deps, &built.Main) {
		if !strings.Contains(module, "\t"+part.Path+" "+part.Version+" //") {
			return false
		}
	}
	return true
}
