package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// writeLogLine writes one line of a log: as it is with -o json, and otherwise for people.
func (a *app) writeLogLine(line []byte) error {
	if a.output != outputJSON {
		line = []byte(readableLine(line))
	}
	if _, err := fmt.Fprintf(a.Out, "%s\n", line); err != nil {
		return fmt.Errorf("write log line: %w", err)
	}
	return nil
}

// readableLine turns a line of slog's JSON into "time LEVEL message key=value …". What is not such a line,
// as the output of a command, is shown as it is.
func readableLine(line []byte) string {
	fields, ok := decodeFields(line)
	if !ok {
		return printable(line)
	}
	var parts [3]string // time, level, message
	var rest []string
	for _, field := range fields {
		switch field.key {
		case slog.TimeKey:
			parts[0] = readableTime(field.text())
		case slog.LevelKey:
			parts[1] = fmt.Sprintf("%-5s", field.text())
		case slog.MessageKey:
			parts[2] = field.text()
		default:
			rest = append(rest, field.key+"="+field.quoted())
		}
	}
	return printable([]byte(strings.Join(append(parts[:], rest...), " ")))
}

// logField is one member of a log line's object, in the order in which it was written.
type logField struct {
	key   string
	value json.RawMessage
}

// text is the value without quotes if it is a string.
func (f logField) text() string {
	var text string
	if json.Unmarshal(f.value, &text) == nil {
		return text
	}
	return string(f.value)
}

// quoted is the value, with quotes only where they are needed to see where it ends.
func (f logField) quoted() string {
	if text := f.text(); !strings.ContainsAny(text, " \t\n\"=") && text != "" {
		return text
	}
	return string(f.value)
}

func decodeFields(line []byte) ([]logField, bool) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return nil, false
	}
	var fields []logField
	for decoder.More() {
		var field logField
		key, err := decoder.Token()
		if err != nil || decoder.Decode(&field.value) != nil {
			return nil, false
		}
		field.key, _ = key.(string) // a key of an object is always one
		fields = append(fields, field)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return fields, err == io.EOF
}

func readableTime(text string) string {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

// printable replaces the characters that could control the operator's screen.
func printable(text []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return '�'
		}
		return r
	}, string(text))
}
