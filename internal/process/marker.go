package process

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
)

// A marker is the scope, a dot and an identity that nobody can guess. Every descendant of a command carries
// it in its environment, and the shim under a name of its own: it is ended last, since orphans need it.
const (
	markerVariable = "RINGRIFT_SHIM"
	shimVariable   = "RINGRIFT_SHIM_OF"
)

// Scope names all commands of the worker that owns a data folder: the same folder gives the same scope, by
// whatever path, and no other folder does. Sweep takes it.
func Scope(dataDir string) (string, error) {
	path, err := filepath.Abs(dataDir)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return "", fmt.Errorf("resolve data folder %s: %w", dataDir, err)
	}
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:8]), nil
}

func newMarker(scope string) string { return scope + "." + rand.Text() }

// marks says whether a marker is the wanted one, or of the wanted scope.
func marks(wanted, marker string) bool {
	return marker == wanted || strings.HasPrefix(marker, wanted+".")
}
