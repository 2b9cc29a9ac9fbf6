package thresholds

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// configKey is how configs are named: board and number of players.
var configKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*_[2-4]p$`)

func (f field) inBounds(value any) bool {
	if texts, limited := f.choices(); limited {
		return slices.Contains(texts, value.(string))
	}
	if list, is := value.([]string); is && !eachOnce(list) && !slices.Equal(list, []string{NoConfig}) {
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
