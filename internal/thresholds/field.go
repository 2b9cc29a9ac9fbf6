package thresholds

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/strict"
)

// field is one threshold of one Thresholds: a key, and where its value is.
type field struct {
	name  string // the last part of the key
	key   string
	tag   reflect.StructTag
	place int // in the tag's lists of values; -1 if there is one value
	value reflect.Value
}

// preset is the text of the field's value in a preset.
func (f field) preset(name string) string {
	text := f.tag.Get(name)
	if f.place < 0 {
		return text
	}
	texts := strings.Split(text, ",")
	if f.place >= len(texts) {
		return ""
	}
	return texts[f.place]
}

// set gives the field the value of a text, unless it is no such value or out of bounds.
func (f field) set(text string) error {
	value, err := f.parse(text)
	if err != nil {
		return err
	}
	if !f.inBounds(value) {
		return errors.New("out of bounds")
	}
	f.value.Set(reflect.ValueOf(value))
	return nil
}

// parse reads a text as the field's type.
func (f field) parse(text string) (any, error) {
	switch f.value.Interface().(type) {
	case int:
		return strconv.Atoi(text)
	case float64:
		return strconv.ParseFloat(text, 64)
	case time.Duration:
		return time.ParseDuration(text)
	case []string:
		if text == "" {
			return []string{}, nil
		}
		return strings.Split(text, ","), nil
	}
	return text, nil
}

// text is the field's value as it is written in the file.
func (f field) text() string {
	switch value := f.value.Interface().(type) {
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case time.Duration:
		return strict.Duration(value)
	case string:
		if value == "" {
			return `""`
		}
		return value
	case []string:
		return "[" + strings.Join(value, ", ") + "]"
	default:
		return fmt.Sprint(value)
	}
}
