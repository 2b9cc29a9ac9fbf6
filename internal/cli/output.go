package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	outputText = "text"
	outputJSON = "json"
)

// print writes a value as JSON, or by its text function.
func (a *app) print(value any, text func(io.Writer)) error {
	if a.output == outputJSON {
		return writeJSON(a.Out, value, "  ")
	}
	return writeTable(a.Out, text)
}

// writeJSON writes one document; without indent it is one line.
func writeJSON(w io.Writer, value any, indent string) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// writeTable writes text whose cells are separated by tabs, in aligned columns.
func writeTable(w io.Writer, text func(io.Writer)) error {
	var aligned strings.Builder
	table := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	text(table)
	if err := table.Flush(); err != nil {
		return fmt.Errorf("align columns: %w", err)
	}
	for line := range strings.Lines(aligned.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	return nil
}

// row writes the cells of one line of a table.
func row(w io.Writer, cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(w, "\t")
		}
		fmt.Fprint(w, cell)
	}
	fmt.Fprintln(w)
}

// names joins names for a cell; an empty list is a dash.
func names[S ~string](list []S) string {
	if len(list) == 0 {
		return "-"
	}
	texts := make([]string, len(list))
	for i, name := range list {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}

// age is the time since a moment, coarse enough to read: 8s, 5m, 3h, 2d.
func age(now, moment time.Time) string {
	if moment.IsZero() {
		return "-"
	}
	return span(now.Sub(moment))
}

func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// moment is a point in time for people, in UTC with its distance from now.
func moment(now, at time.Time) string {
	text := at.UTC().Format(time.RFC3339)
	if at.After(now) {
		return fmt.Sprintf("%s (in %s)", text, span(at.Sub(now)))
	}
	return fmt.Sprintf("%s (%s ago)", text, span(now.Sub(at)))
}

// orDash shows what is empty.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// optional turns the zero time into null for JSON.
func optional(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

// seconds is a number of seconds with its unit, without needless digits.
func seconds(value float64) string {
	return strconv.FormatFloat(value, 'f', -1, 64) + "s"
}
