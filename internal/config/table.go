package config

import (
	"fmt"
	"io"
	"reflect"
)

// WriteTable writes a line for each setting of a struct, made from its tags so that it cannot drift: the variable, its
// default and what it is for, with tabs between them.
func WriteTable(w io.Writer, settings any) {
	visit(reflect.ValueOf(settings), func(field reflect.StructField, _ reflect.Value) {
		help := field.Tag.Get("help")
		if field.Tag.Get("secret") != "" {
			help += " *"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", field.Tag.Get("env"), field.Tag.Get("envDefault"), help)
	})
}

// SecretsHelp is the note below a table.
const SecretsHelp = "* a secret, which may also be ${env:NAME} or ${file:PATH}: the variable or the file that holds it, or a part of it"
