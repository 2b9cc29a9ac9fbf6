package daemonfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/spec"
)

// FileName is how a file of daemons is called.
const FileName = "daemons.yaml"

// File is what files of daemons say together. It never changes.
type File struct {
	text    string
	entries []*declared // in the order of their names
	first   place       // of the first file
}

// Read reads files of daemons, each with those that it includes, and lays later ones over earlier ones. The error is a
// *Faults with everything that is wrong.
func Read(paths ...string) (*File, error) {
	d := newDecoder()
	return d.finish(d.read(paths))
}

// Load is Read and Rows: it tells what is wrong with the files and with their place in the registry at once.
func Load(registry *spec.Registry, paths ...string) (*File, []spec.Daemon, error) {
	d := newDecoder()
	file := d.read(paths)
	var rows []spec.Daemon
	if !d.missing {
		rows = file.rows(registry, &d.faults)
	}
	file, err := d.finish(file)
	if err != nil {
		return nil, nil, err
	}
	return file, rows, nil
}

// Parse reads the text of a file of daemons, whose relative paths start at a folder. The name is for faults.
func Parse(name string, text []byte, folder string) (*File, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", folder, err)
	}
	d := newDecoder()
	this := &origin{name: name, folder: absolute}
	return d.finish(d.collect(d.withIncluded(this, text, nil), place{this, 1}))
}

// read returns what files say together, as far as it is right.
func (d *decoder) read(paths []string) *File {
	var whole *node
	first := place{&origin{name: FileName}, 0}
	if len(paths) == 0 {
		d.faults.add(first, "", "", "no file is named: name one")
	}
	for i, path := range paths {
		this := &origin{name: path}
		absolute, err := filepath.Abs(path)
		if err != nil {
			d.faults.add(place{this, 0}, "", "", "it cannot be found: %s", err)
			continue
		}
		this.folder = filepath.Dir(absolute)
		if i == 0 {
			first = place{this, 1}
		}
		whole = d.lay(whole, d.file(this, absolute, nil, place{this, 0}, ""))
	}
	return d.collect(whole, first)
}

// maxText bounds the text, which travels and is kept as a whole by the supervisor.
const maxText = 512 << 10

// Text is the whole of the files as one, without includes and with every path absolute, in an order that does not
// change. Parse reads it as the same File again.
func (f *File) Text() string { return f.text }

// Digest is the SHA-256 of the text, in hexadecimal digits.
func (f *File) Digest() string {
	sum := sha256.Sum256([]byte(f.text))
	return hex.EncodeToString(sum[:])
}

// collect reads the merged documents; nil if there are none, of which a fault tells.
func (d *decoder) collect(top *node, first place) *File {
	file := &File{first: first}
	if top != nil {
		file.entries = d.top(top, first)
		d.types(file.entries)
	}
	return file
}

// finish makes the text of a file without faults.
func (d *decoder) finish(file *File) (*File, error) {
	if err := d.faults.err(); err != nil {
		return nil, err
	}
	text, err := canonical(file.entries)
	if err != nil {
		return nil, err
	}
	if len(text) > maxText {
		d.faults.add(file.first, "", "", "with all that it includes it is %d bytes, and at most %d can be kept: make several daemons one, or their texts shorter", len(text), maxText)
		return nil, d.faults.err()
	}
	file.text = text
	return file, nil
}

// canonical is the text of entries.
func canonical(entries []*declared) (string, error) {
	daemons := &yaml.Node{Kind: yaml.MappingNode}
	for _, e := range entries {
		put(daemons, e.name, e.text)
	}
	top := &yaml.Node{Kind: yaml.MappingNode}
	put(top, "version", written(1))
	put(top, "daemons", daemons)
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(top); err != nil {
		return "", fmt.Errorf("write the text of the daemons: %w", err)
	}
	return text.String(), nil
}
