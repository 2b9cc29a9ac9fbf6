package workloadtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"github.com/ringrift/orchestrator/internal/workload"
)

const source = "internal/workload/mini"

// build puts the workload into a folder. To link it takes seconds, and many packages are tested at once: the first one does,
// in bin beside what make builds, and those after it take a copy, as long as no source has changed.
func build(dir string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	shared := filepath.Join(root, "bin", "test", "mini")
	if err := os.MkdirAll(shared, 0o755); err != nil {
		return fmt.Errorf("build mini: %w", err)
	}
	lock := flock.New(shared + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("build mini: lock %s: %w", lock.Path(), err)
	}
	defer lock.Close() // ends the lock
	if err := link(root, shared); err != nil {
		return err
	}
	if err := os.CopyFS(dir, os.DirFS(shared)); err != nil {
		return fmt.Errorf("copy mini: %w", err)
	}
	return nil
}

// link brings the workload in a folder up to date.
func link(root, dir string) error {
	command := exec.Command("go", "build", "-o", filepath.Join(dir, "mini"), "./"+source)
	command.Dir, command.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build mini: %w\n%s", err, output)
	}
	manifest, err := os.ReadFile(filepath.Join(root, source, workload.ManifestFile))
	if err != nil {
		return fmt.Errorf("build mini: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, workload.ManifestFile), manifest, 0o600); err != nil {
		return fmt.Errorf("build mini: %w", err)
	}
	return nil
}

// moduleRoot is the folder of go.mod.
func moduleRoot() (string, error) {
	path, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the sources of mini: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(path))), nil
}
