package daemonfile

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ringrift/orchestrator/internal/strict"
)

// variableName is what the name of a variable looks like.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// ownVariables begin the names of those by which the worker finds its processes again.
const ownVariables = "RINGRIFT_SHIM"

// variables judges every variable of an environment by itself. Values are not repeated: they may be secrets.
func (d *decoder) variables(into *declared, f field, n *node) (right bool) {
	right = true
	for _, k := range n.keys {
		if fix := variableFix(k); fix != "" {
			d.faults.add(k.place, into.field(below(f.key, strict.Short(k.name))), "", "%s", fix)
			right = false
		}
	}
	return right
}

func variableFix(k key) string {
	switch {
	case !variableName.MatchString(k.name):
		return "it is no name of a variable: use letters, digits and _, a letter first"
	case strings.HasPrefix(k.name, ownVariables):
		return "the worker sets it: remove it"
	case k.value.kind != scalar:
		return "it is " + k.value.shown() + ": use a text, a number, true or false"
	case strings.ContainsRune(k.value.text, 0):
		return "it holds a zero byte, which no variable can: remove it"
	}
	if err := checkReferences(k.value.text); err != nil {
		return err.Error()
	}
	return ""
}

// reference is what looks like a reference in a text.
var reference = regexp.MustCompile(`\$\{[^}]*\}?`)

// referencesPattern is for texts that checkReferences takes.
const referencesPattern = `^([^$]|\$+[^${]|\$+\{(env|file):[^}]+\})*\$*$`

// checkReferences demands that whatever begins with ${ is a reference. The text is not repeated: it may be a secret.
func checkReferences(text string) error {
	for _, found := range reference.FindAllString(text, -1) {
		kind, name, _ := strings.Cut(strings.TrimSuffix(found[2:], "}"), ":")
		if !strings.HasSuffix(found, "}") || name == "" || kind != "env" && kind != "file" {
			return errors.New("what begins with ${ is no reference: write ${env:NAME} or ${file:PATH}")
		}
	}
	return nil
}

// referencesFrom makes the paths of references absolute.
func referencesFrom(folder, text string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		if path, is := strings.CutPrefix(found, "${file:"); is {
			return fmt.Sprintf("${file:%s}", from(folder, strings.TrimSuffix(path, "}")))
		}
		return found
	})
}
