package daemonfile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// choices are the words that are allowed, if only some are.
func (f field) choices() ([]string, bool) {
	words, limited := f.tag.Lookup("oneof")
	return strings.Split(words, "|"), limited
}

// form is the form that the field's texts have to have.
func (f field) form() form { return forms[f.tag.Get("form")] }

// bound is the least or the most that measure may give.
func (f field) bound(name string) int64 {
	text := f.tag.Get(name)
	switch f.value.Interface().(type) {
	case time.Duration:
		value, _ := parseDuration(text) // a test reads every tag
		return int64(value)
	case Size:
		value, _ := parseSize(text) // and this too
		return int64(value)
	}
	value, _ := strconv.ParseInt(text, 10, 64) // and this
	return value
}

// measure is what bounds are about: the size of a number, the length of a text, of a list or of a mapping.
func measure(value any) int64 {
	switch value := value.(type) {
	case int:
		return int64(value)
	case time.Duration:
		return int64(value)
	case Size:
		return int64(value)
	case string:
		return int64(utf8.RuneCountInString(value))
	case []string:
		return int64(len(value))
	case []int:
		return int64(len(value))
	case map[string]string:
		return int64(len(value))
	}
	return 0
}

// inBounds says whether a value of the field's type is one that it takes, but for its form.
func (f field) inBounds(value any) bool {
	words, limited := f.choices()
	switch value := value.(type) {
	case bool:
		return true
	case string:
		if limited {
			return slices.Contains(words, value)
		}
	case []string:
		if limited && !eachOnce(value, words) {
			return false
		}
	case []int:
		least, most := int(f.bound("least")), int(f.bound("most"))
		for i, number := range value {
			if number < least || number > most || slices.Contains(value[:i], number) {
				return false
			}
		}
	}
	size := measure(value)
	return size >= f.bound("min") && size <= f.bound("max")
}

func eachOnce(list, words []string) bool {
	for i, word := range list {
		if !slices.Contains(words, word) || slices.Contains(list[:i], word) {
			return false
		}
	}
	return true
}

// allowed says which values the field takes, after "use ".
func (f field) allowed() string {
	small, large := f.tag.Get("min"), f.tag.Get("max")
	words, limited := f.choices()
	form := f.form().words
	switch f.value.Interface().(type) {
	case bool:
		return "true or false"
	case int:
		return fmt.Sprintf("a whole number from %s to %s", small, large)
	case []int:
		return fmt.Sprintf("a list of whole numbers from %s to %s, each once", f.tag.Get("least"), f.tag.Get("most"))
	case time.Duration:
		return fmt.Sprintf("a duration, such as 90s or 2h, from %s to %s", small, large)
	case Size:
		return fmt.Sprintf("a size, such as 512MiB or 1GB, from %s to %s", small, large)
	case map[string]string:
		return "names with a text, a number, true or false each, such as {PGPORT: 5433}"
	case []string:
		switch {
		case limited:
			return "a list of " + strings.Join(words, ", ") + ", each once"
		case form != "":
			return fmt.Sprintf("a list of at most %s, each %s", large, form)
		}
		return fmt.Sprintf("a list of %s to %s texts, such as %s", small, large, cmp.Or(f.tag.Get("example"), "[curl, --fail, localhost]"))
	}
	switch {
	case limited:
		return "one of " + strings.Join(words, ", ")
	case form != "":
		return form
	}
	return fmt.Sprintf("a text of %s to %s characters", small, large)
}
