package workload

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Workload is a workload's folder, read and checked.
type Workload struct {
	// Dir is absolute.
	Dir string
	// Hash identifies the folder's contents; it is stored with every job, so that a changed workload is never
	// mixed with the old one silently.
	Hash     string
	Manifest *Manifest
}

// Load reads a workload's folder. The error names every fault of the manifest.
func Load(dir string) (*Workload, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("load the workload %s: %w", dir, err)
	}
	document, err := ReadBounded(filepath.Join(absolute, ManifestFile), MaxManifestBytes)
	if err != nil {
		return nil, fmt.Errorf("load the workload %s: %w", dir, err)
	}
	manifest, err := ParseManifest(document)
	if err != nil {
		return nil, fmt.Errorf("load the workload %s: %w", dir, err)
	}
	w := &Workload{Dir: absolute, Manifest: manifest}
	if err := w.checkFiles(); err != nil {
		return nil, fmt.Errorf("load the workload %s: %w", dir, err)
	}
	if w.Hash, err = HashFolder(absolute); err != nil {
		return nil, err
	}
	return w, nil
}

// LoadAll reads every folder below dir that has a manifest. One that is broken is left out and told among the faults: the
// others work. A dir that is not there has none.
func LoadAll(dir string) (loaded []*Workload, faults []error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, []error{fmt.Errorf("find workloads: %w", err)}
	}
	for _, entry := range entries {
		folder := filepath.Join(dir, entry.Name())
		if _, err := os.Stat(filepath.Join(folder, ManifestFile)); err != nil {
			continue // not a workload
		}
		one, err := Load(folder)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		loaded = append(loaded, one)
	}
	return loaded, faults
}

// CommandLine returns the program and arguments of a command; `--request` and its file follow.
func (w *Workload) CommandLine(command Command) []string {
	return append(w.prefix(command), string(command))
}

// DescribeLines returns, for each different beginning of a command line, the line that must print the manifest.
func (w *Workload) DescribeLines() [][]string {
	var lines [][]string
	seen := map[string]bool{}
	for _, command := range Commands() {
		prefix := w.prefix(command)
		if key := strings.Join(prefix, "\x00"); len(prefix) > 0 && !seen[key] {
			seen[key] = true
			lines = append(lines, append(prefix, string(Describe)))
		}
	}
	return lines
}

// prefix returns the beginning of a command line, its files with their absolute paths.
func (w *Workload) prefix(command Command) []string {
	var words []string
	for _, word := range w.Manifest.Commands[command] {
		if name, inside := strings.CutPrefix(word, "./"); inside {
			word = filepath.Join(w.Dir, filepath.FromSlash(name))
		}
		words = append(words, word)
	}
	return words
}

// checkFiles checks that the files that command lines name are there, and may be executed if they are programs.
func (w *Workload) checkFiles() error {
	root, err := os.OpenRoot(w.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	p := &Problems{Document: "the manifest"}
	for _, command := range Commands() {
		for i, word := range w.Manifest.Commands[command] {
			name, inside := strings.CutPrefix(word, "./")
			if !inside {
				continue
			}
			field := fmt.Sprintf("commands.%s[%d]", command, i)
			info, err := root.Stat(filepath.FromSlash(name))
			if err != nil {
				p.add(field, word, "name a file of the workload's folder")
				continue
			}
			p.require(i > 0 || info.Mode().IsRegular() && info.Mode()&0o111 != 0, field, word, "make it an executable file (chmod +x)")
		}
	}
	return p.err()
}
