//go:build acceptance

package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ringrift/orchestrator/internal/workload"
)

// The workloads of these tests. The family offers what mini does: the loop goes to the first of them by name.
const (
	mini       = "mini"
	withFamily = "mini-family"
	python     = "nim-python"
)

// familySize is how many processes one command of the family has.
const familySize = 6

// familyScript starts descendants of every kind and then becomes the real workload.
const familyScript = `#!/bin/sh
sleep 86400 &
(sleep 86400 &)
setsid sleep 86400 &
(setsid sleep 86400 &)
setsid sh -c 'trap "" TERM HUP; while :; do sleep 86400; done' &
exec "${0%/*}/mini" "$@"
`

// makeWorkloads fills a folder of workloads: mini as make build made it, the family, which is mini with descendants, and
// the one in Python as it is.
func makeWorkloads(built, folder string) error {
	if err := os.CopyFS(filepath.Join(folder, python), os.DirFS(filepath.Join("..", "..", "workload", "python"))); err != nil {
		return fmt.Errorf("copy workload %s: %w", python, err)
	}
	for _, name := range []string{mini, withFamily} {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(filepath.Join(built, mini))); err != nil {
			return fmt.Errorf("copy workload %s: %w; build it with: make build", name, err)
		}
	}
	family := filepath.Join(folder, withFamily)
	text, err := os.ReadFile(filepath.Join(family, workload.ManifestFile))
	if err != nil {
		return err
	}
	var manifest map[string]any
	if err := json.Unmarshal(text, &manifest); err != nil {
		return err
	}
	manifest["name"] = withFamily
	manifest["commands"].(map[string]any)["selfplay"] = []string{"./family"}
	if text, err = json.Marshal(manifest); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(family, workload.ManifestFile), text, 0o644),
		os.WriteFile(filepath.Join(family, "family"), []byte(familyScript), 0o755))
}
