package thresholds

import (
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/strict"
)

// WriteDefault makes a file that names a preset and has every key in it as a comment. It never replaces a file: the
// error is an fs.ErrExist then.
func WriteDefault(path, preset string) error {
	values, err := Preset(preset)
	if err != nil {
		return err
	}
	if err := strict.Create(path, []byte(values.file(preset))); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

// file is a document of which every line that is commented out becomes valid when its first # is taken away.
func (t *Thresholds) file(preset string) string {
	var text strings.Builder
	fmt.Fprintf(&text, `## The thresholds of the training loop. Everything that is commented out has the value of the preset. To change
## a value, take away the # before its key and before the groups it is in. A change holds within seconds; if the file
## is wrong then, what held before stays in force. Look with: starter config check, show, explain KEY
##
## preset is %s.
preset: %s
`, strings.Join(Presets(), " or "), preset)
	for _, group := range t.tree().sections {
		text.WriteString("\n")
		group.write(&text, "")
	}
	return text.String()
}

// write adds a section, every line of it a comment.
func (s section) write(text *strings.Builder, indent string) {
	fmt.Fprintf(text, "#%s# %s\n#%s%s:\n", indent, s.help, indent, s.name)
	indent += "  "
	for _, f := range s.fields {
		fmt.Fprintf(text, "#%s# %s (%s; %s)\n", indent, f.tag.Get("help"), f.tag.Get("unit"), f.allowed())
		fmt.Fprintf(text, "#%s%s: %s\n", indent, f.name, f.text())
	}
	for _, part := range s.sections {
		part.write(text, indent)
	}
}
