package processcompose

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// dotenv are files of variables: process-compose puts them into its file, and gives them to every process.
type dotenv struct {
	values map[string]string
	files  []string // absolute
}

// dotenvName is the file that process-compose reads if none is named.
const dotenvName = ".env"

// readDotenv reads the files of variables: those that are named, or the one beside the file, if there is one.
func (m *importer) readDotenv(named []string) error {
	m.dotenv.values = map[string]string{}
	for i, path := range named {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("find %s: %w", path, err)
		}
		if err := m.readVariables(&source{name: path, order: m.first.order + 1 + i}, absolute); err != nil {
			return fmt.Errorf("%s: it cannot be read: %w", path, err)
		}
	}
	if len(named) > 0 {
		return nil
	}
	beside := &source{name: filepath.Join(filepath.Dir(m.first.name), dotenvName), order: m.first.order + 1}
	err := m.readVariables(beside, filepath.Join(m.first.folder, dotenvName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: it cannot be read: %w", beside.name, err)
	}
	return nil
}

// readVariables reads one file, and tells which of its lines a daemon is going to read otherwise.
func (m *importer) readVariables(this *source, absolute string) error {
	text, err := readFile(absolute)
	if err != nil {
		return err
	}
	if len(text) > maxBytes {
		return fmt.Errorf("it is larger than %d bytes", maxBytes)
	}
	m.dotenv.files = append(m.dotenv.files, absolute)
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name = strings.TrimSpace(name)
		about := item{place: place{this, number}, key: shortName(name), secret: true}
		if !found || name == "" {
			m.missing(about, "it is not NAME=value, and no daemon starts with such a file: write it so")
			continue
		}
		m.dotenv.values[name] = m.variable(about, strings.TrimSpace(value))
	}
	return nil
}

// variable is a value as process-compose reads it.
func (m *importer) variable(about item, value string) string {
	quote := ""
	if value != "" && strings.ContainsAny(value[:1], `"'`) {
		quote = value[:1]
	}
	switch {
	case quote != "" && (len(value) < 2 || !strings.HasSuffix(value, quote)):
		m.changes(about, "a value in quotes ends in its line, and nothing comes behind it: the quotes are a part of it here")
	case quote == `"` && strings.ContainsAny(value, `\$`), quote == "" && strings.Contains(value, "$"):
		m.changes(about, "neither \\n nor ${NAME} is replaced in such a file: write what it stands for")
	case quote == "" && strings.Contains(value, " #"):
		m.changes(about, "what is behind a # is a part of the value here: put it into a line of its own")
		value, _, _ = strings.Cut(value, " #")
		return strings.TrimSpace(value)
	}
	if quote != "" {
		return strings.TrimSuffix(value[1:], quote)
	}
	return value
}
