package processcompose

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Bounds of what is read: past them a file is a mistake, or made to exhaust the machine.
const (
	maxBytes = 1 << 20
	maxNodes = 50_000 // of all files, with every reference followed
	maxDepth = 32
	maxFiles = 16
)

// reader turns files into nodes.
type reader struct {
	files, nodes int
}

// load reads files, each with those that it extends, and lays later ones over earlier ones. Their paths are meant from
// the folder of the first, those of an extended file from its own.
func (r *reader) load(paths []string) (*node, *source, error) {
	var whole *node
	var first *source
	if len(paths) == 0 {
		return nil, nil, errors.New("no file of process-compose is named: name one")
	}
	for _, path := range paths {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, nil, fmt.Errorf("find %s: %w", path, err)
		}
		this := &source{name: path, folder: filepath.Dir(absolute)}
		if first == nil {
			first = this
		}
		this.folder = first.folder
		top, err := r.file(this, absolute, nil)
		if err != nil {
			return nil, nil, err
		}
		whole = overlay("", whole, top)
	}
	return whole, first, nil
}

// file reads a file and lays it over the one that it extends. Above are the files that extend it.
func (r *reader) file(this *source, absolute string, above []string) (*node, error) {
	if r.files++; r.files > maxFiles {
		return nil, fmt.Errorf("%s: there are more than %d files: extend fewer", this.name, maxFiles)
	}
	text, err := readFile(absolute)
	if err != nil {
		return nil, fmt.Errorf("%s: it cannot be read: %w", this.name, err)
	}
	top, err := r.document(this, text)
	if err != nil {
		return nil, err
	}
	return r.extended(this, top, filepath.Dir(absolute), append(slices.Clone(above), absolute))
}

// extended lays a document over the one that it extends.
func (r *reader) extended(this *source, top *node, folder string, above []string) (*node, error) {
	at := top.find("extends")
	if at < 0 || top.keys[at].value.null() {
		this.order = r.files
		return top, nil
	}
	base := top.keys[at]
	if base.value.kind != scalar {
		return nil, fmt.Errorf("%s:%d: extends: it is no path of a file: write one", this.name, base.line)
	}
	absolute := from(folder, base.value.text)
	if slices.Contains(above, absolute) {
		return nil, fmt.Errorf("%s:%d: extends = %s: it extends itself: take that line out", this.name, base.line, base.value.shown())
	}
	next := &source{name: from(filepath.Dir(this.name), base.value.text), folder: filepath.Dir(absolute)}
	under, err := r.file(next, absolute, above)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: extends = %s: %w", this.name, base.line, base.value.shown(), err)
	}
	this.order = next.order + 1
	return overlay("", under, top), nil
}

// readFile reads a file, but no more of it than shows that it is too large.
func readFile(path string) ([]byte, error) {
	found, err := os.Stat(path)
	if err == nil && !found.Mode().IsRegular() {
		return nil, errors.New("it is no regular file")
	}
	var text []byte
	if err == nil {
		var file *os.File
		if file, err = os.Open(path); err == nil {
			defer file.Close() // only read
			text, err = io.ReadAll(io.LimitReader(file, maxBytes+1))
		}
	}
	var named *fs.PathError
	if errors.As(err, &named) {
		return nil, named.Err // who asks names the file
	}
	return text, err
}

// from is a path that is meant from a folder.
func from(folder, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(folder, path)
}
