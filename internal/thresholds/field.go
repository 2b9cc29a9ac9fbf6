package thresholds

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// field is one threshold of one Thresholds: a key, and where its value is.
type field struct {
	name  string // the last part of the key
	key   string
	tag   reflect.StructTag
	place int // in the tag's lists of values; -1 if there is one value
	value reflect.Value
}

// configKey is how configs are named: board and number of players.
var configKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*_[2-4]p$`)

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

func (f field) inBounds(value any) bool {
	if texts, limited := f.choices(); limited {
		return slices.Contains(texts, value.(string))
	}
	if list, is := value.([]string); is && !eachOnce(list) {
		return false
	}
	size := measure(value)
	return size >= f.bound("min") && size <= f.bound("max") // false if size is not a number
}

// eachOnce says whether a list names configs, none twice.
func eachOnce(list []string) bool {
	for i, key := range list {
		if !configKey.MatchString(key) || slices.Contains(list[:i], key) {
			return false
		}
	}
	return true
}

// choices are the texts that are allowed, if only some are.
func (f field) choices() ([]string, bool) {
	texts, limited := f.tag.Lookup("oneof")
	return strings.Split(texts, "|"), limited
}

// bound is the least or the most that measure may give.
func (f field) bound(name string) float64 {
	text := f.tag.Get(name)
	if _, is := f.value.Interface().(time.Duration); is {
		limit, _ := time.ParseDuration(text) // a test reads every tag
		return float64(limit)
	}
	limit, _ := strconv.ParseFloat(text, 64) // and this too
	return limit
}

// measure is what bounds are about: the size of a number, the length of a text or of a list.
func measure(value any) float64 {
	switch value := value.(type) {
	case int:
		return float64(value)
	case float64:
		return value
	case time.Duration:
		return float64(value)
	case string:
		return float64(utf8.RuneCountInString(value))
	case []string:
		return float64(len(value))
	}
	return 0
}

// text is the field's value as it is written in the file.
func (f field) text() string {
	switch value := f.value.Interface().(type) {
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case time.Duration:
		return durationText(value)
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

// durationText leaves out the zeros at the end of a duration: 24h, 1m30s.
func durationText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// allowed says which values the field takes.
func (f field) allowed() string {
	if texts, limited := f.choices(); limited {
		return "one of " + strings.Join(quoteEmpty(texts), ", ")
	}
	small, large := f.tag.Get("min"), f.tag.Get("max")
	switch f.value.Interface().(type) {
	case int:
		return fmt.Sprintf("a whole number from %s to %s", small, large)
	case time.Duration:
		return fmt.Sprintf("a duration, such as 90s or 2h, from %s to %s", small, large)
	case string:
		return fmt.Sprintf("a text of %s to %s characters", small, large)
	case []string:
		return fmt.Sprintf("a list of %s to %s config keys, each once, such as [sq5_2p, hex3_2p]", small, large)
	}
	return fmt.Sprintf("a number from %s to %s", small, large)
}

func quoteEmpty(texts []string) []string {
	quoted := slices.Clone(texts)
	for i, text := range quoted {
		if text == "" {
			quoted[i] = `""`
		}
	}
	return quoted
}
