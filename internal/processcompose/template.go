package processcompose

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"text/template/parse"
)

// maxRendered bounds what a template may write.
const maxRendered = 64 << 10

// render puts the project's and the process's vars into a text. A text that cannot be rendered stays as it is.
func (p *process) render(about item, text string) (rendered string, right bool) {
	if !p.templates || !strings.Contains(text, "{{") {
		return text, true
	}
	rendered, err := render(text, p.vars)
	if err != nil {
		p.missing(about, "its template is not rendered (%s): write what it gives", err)
		return text, false
	}
	return rendered, true
}

func render(text string, values map[string]any) (string, error) {
	if len(text) > maxRendered {
		return "", errors.New("it is too long")
	}
	one, err := template.New("it").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", errors.New(strings.TrimPrefix(err.Error(), "template: "))
	}
	if len(one.Templates()) > 1 || !simple(one.Root) {
		return "", errors.New("only values, if and comparisons are")
	}
	var into bounded
	if err := one.Execute(&into, values); err != nil {
		return "", errors.New("it names what vars does not have, or gives too much")
	}
	return into.String(), nil
}

// simple says whether a template cannot go on for long: it has no loops, and calls nothing that makes large texts.
func simple(node parse.Node) bool {
	switch node := node.(type) {
	case *parse.ListNode:
		if node == nil {
			return true
		}
		for _, one := range node.Nodes {
			if !simple(one) {
				return false
			}
		}
	case *parse.IfNode:
		return simple(node.Pipe) && simple(node.List) && simple(node.ElseList)
	case *parse.ActionNode:
		return simple(node.Pipe)
	case *parse.PipeNode:
		for _, command := range node.Cmds {
			for _, argument := range command.Args {
				if !simple(argument) {
					return false
				}
			}
		}
	case *parse.IdentifierNode:
		return slices.Contains([]string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len"}, node.Ident)
	case *parse.RangeNode, *parse.TemplateNode, *parse.WithNode:
		return false
	}
	return true
}

// bounded is a text that does not grow without end.
type bounded struct{ strings.Builder }

// Write refuses what is too much.
func (b *bounded) Write(text []byte) (int, error) {
	if b.Len()+len(text) > maxRendered {
		return 0, errors.New("too much")
	}
	return b.Builder.Write(text)
}

// takeVars adds what a mapping of vars says; the type of a value counts in an if.
func (m *importer) takeVars(about item, into map[string]any) {
	for _, one := range about.children() {
		if one.value.kind != scalar {
			m.missing(one, "only values without parts are known to templates: write each by a name of its own")
			continue
		}
		into[one.name] = typed(one.value)
		m.maps(one, "put in where {{.%s}} is", one.name)
	}
}

func typed(n *node) any {
	if n.tag == "!!bool" {
		return truth(n.text)
	}
	if number, err := strconv.Atoi(n.text); err == nil && n.tag == "!!int" && strconv.Itoa(number) == n.text {
		return number
	}
	return n.text
}

// truth reads a bool as process-compose does.
func truth(text string) bool {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "y":
		return true
	}
	return false
}
