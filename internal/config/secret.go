package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// reference stands for a text that is kept elsewhere; it may be a part of a value, as a password is of a URL.
var reference = regexp.MustCompile(`\$\{[^}]*\}?`)

// Resolve is text with what they stand for in the place of ${env:NAME} and ${file:PATH}, and the secrets that came in.
// What comes in is not looked at again.
func Resolve(text string, variables map[string]string) (resolved string, secrets []string, err error) {
	var faults []error
	resolved = reference.ReplaceAllStringFunc(text, func(found string) string {
		value, err := follow(found, variables)
		if err != nil {
			faults = append(faults, err)
		} else {
			secrets = append(secrets, value)
		}
		return value
	})
	return resolved, secrets, errors.Join(faults...)
}

// follow returns what one reference stands for, without white space around it. Nothing is no secret.
func follow(found string, variables map[string]string) (string, error) {
	kind, name, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(found, "${"), "}"), ":")
	switch {
	case name == "" || !strings.HasSuffix(found, "}"):
	case kind == "env":
		value := strings.TrimSpace(variables[name])
		if value == "" {
			return "", fmt.Errorf("%s: the variable %s is not set", found, name)
		}
		return value, nil
	case kind == "file":
		content, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("%s: %w", found, err)
		}
		value := strings.TrimSpace(string(content))
		if value == "" {
			return "", fmt.Errorf("%s: the file is empty", found)
		}
		return value, nil
	}
	// The text is not repeated: it may be a secret that only looks like a reference.
	return "", errors.New("what begins with ${ is no reference: write ${env:NAME} or ${file:PATH}")
}
