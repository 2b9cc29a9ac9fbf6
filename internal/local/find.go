package local

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoTemporal means that there is no `temporal` binary yet.
var ErrNoTemporal = errors.New("no temporal CLI")

// FindTemporal returns the path of the Temporal CLI: the one that is named explicitly, else the one on PATH,
// else the one in binDir. A named one that cannot be run is an error of its own and never replaced.
func FindTemporal(named, binDir string) (string, error) {
	if named != "" {
		if err := checkExecutable(named); err != nil {
			return "", fmt.Errorf("TEMPORAL_CLI: %w; name a temporal binary or unset it", err)
		}
		return filepath.Abs(named)
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return filepath.Abs(path)
	}
	built := filepath.Join(binDir, "temporal")
	if err := checkExecutable(built); err != nil {
		return "", fmt.Errorf("%w on PATH nor at %s", ErrNoTemporal, built)
	}
	return filepath.Abs(built)
}

func checkExecutable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("%s is not an executable file", path)
	}
	return nil
}
