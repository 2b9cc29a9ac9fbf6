package daemonfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/strict"
)

// file reads a file and those that it includes, which come below it. Above are the files that include it.
func (d *decoder) file(this *origin, absolute string, above []string, at place, field string) *node {
	d.files++
	this.order = d.files
	if first := slices.Index(above, absolute); first >= 0 {
		d.faults.add(at, field, strict.Short(this.name), "it includes itself, by way of %d file(s): take one include out", len(above)-first)
		return nil
	}
	if d.files > maxFiles {
		d.faults.add(at, field, "", "there are more than %d files: include fewer", maxFiles)
		return nil
	}
	named := ""
	if field != "" {
		named = strict.Short(this.name)
	}
	text, err := readFile(absolute, field == "")
	if err != nil {
		d.faults.add(at, field, named, "it cannot be read: %s", cause(err))
		return nil
	}
	return d.withIncluded(this, text, append(slices.Clone(above), absolute))
}

// readFile reads a file, but no more of it than shows that it is too large. What a file includes is no pipe, which could
// make a reader wait for ever.
func readFile(path string, pipe bool) ([]byte, error) {
	if found, err := os.Stat(path); err == nil && !found.Mode().IsRegular() && (!pipe || found.IsDir()) {
		return nil, errors.New("it is no regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read
	return io.ReadAll(io.LimitReader(file, maxBytes+1))
}

// cause is an error without the path, which faults name themselves.
func cause(err error) error {
	var fault *fs.PathError
	if errors.As(err, &fault) {
		return fault.Err
	}
	return err
}

// withIncluded is a document, laid over those that it includes.
func (d *decoder) withIncluded(this *origin, text []byte, above []string) *node {
	own := d.document(this, text)
	if own == nil {
		return nil
	}
	at := own.find("include")
	if at < 0 {
		return own
	}
	include := own.keys[at]
	own.keys = slices.Delete(own.keys, at, at+1)
	if include.value.null() {
		return own
	}
	if include.value.kind != list {
		d.faults.add(include.place, "include", include.value.shown(), "use a list of files, such as [common.yaml]")
		return own
	}
	var under *node
	for i, item := range include.value.items {
		field := part("include", i)
		if item.tag != "!!str" || item.text == "" || strings.ContainsRune(item.text, 0) {
			d.faults.add(item.place, field, item.shown(), "use the path of a file, from this one's folder")
			continue
		}
		absolute := from(this.folder, item.text)
		next := &origin{name: from(filepath.Dir(this.name), item.text), folder: filepath.Dir(absolute)}
		under = d.lay(under, d.file(next, absolute, above, item.place, field))
	}
	return d.lay(under, own)
}

// from is a path that is meant from a folder.
func from(folder, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(folder, path)
}

// lay is overlay for documents that may be missing.
func (d *decoder) lay(under, over *node) *node {
	switch {
	case over == nil:
		d.missing = true
		return under
	case under == nil:
		return over
	}
	return overlay(under, over)
}
