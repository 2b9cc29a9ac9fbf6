package program

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/config"
	"github.com/ringrift/orchestrator/internal/spec"
)

// environment is what the program gets, as KEY=value in order of the keys, and the secrets in it. ${env:NAME} is what
// the files of variables say, and only then what the worker has.
func (p *program) environment() (entries, secrets []string, err error) {
	worker := variables(p.options.Environment)
	values := map[string]string{}
	for _, name := range spec.PassedOn() {
		if value, set := worker[name]; set && (p.spec.User == "" || !ofUser(name)) {
			values[name] = value
		}
	}
	for _, path := range p.spec.EnvironmentFiles {
		read, err := readEnvironment(path)
		if err != nil {
			return nil, nil, err
		}
		for name, value := range read {
			values[name] = value
			worker[name] = value // references find it too
			secrets = append(secrets, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.spec.Environment)) {
		value, found, err := config.Resolve(p.spec.Environment[name], worker)
		if err != nil {
			return nil, nil, fmt.Errorf("environment %s: %w", name, err)
		}
		values[name] = value
		secrets = append(secrets, found...)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		entries = append(entries, name+"="+values[name])
	}
	return entries, longEnough(secrets), nil
}

// ofUser says whether a variable tells who somebody is: for a program that runs as somebody else package process sets it.
func ofUser(name string) bool {
	return name == "HOME" || name == "USER" || name == "LOGNAME" || name == "SHELL"
}

// minSecret is how long a value must be to be taken out of the output: shorter ones are everywhere by chance.
const minSecret = 6

func longEnough(secrets []string) []string {
	return slices.DeleteFunc(secrets, func(secret string) bool { return len(secret) < minSecret })
}

func variables(entries []string) map[string]string {
	values := make(map[string]string, len(entries))
	for _, entry := range entries {
		if name, value, found := strings.Cut(entry, "="); found {
			values[name] = value
		}
	}
	return values
}

// readEnvironment reads lines of KEY=value; empty lines and those that begin with # are passed over, a leading
// "export " and a pair of quotes around the value are taken off.
func readEnvironment(path string) (map[string]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("environment file: %w", err)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, len(content)+1)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if name = strings.TrimSpace(name); !found || name == "" {
			return nil, fmt.Errorf("environment file %s, line %d: it is not KEY=value", path, number)
		}
		values[name] = unquoted(strings.TrimSpace(value))
	}
	return values, nil
}

func unquoted(value string) string {
	for _, quote := range []string{`"`, `'`} {
		if len(value) >= 2 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return value[1 : len(value)-1]
		}
	}
	return value
}
