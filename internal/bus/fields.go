package bus

import (
	"fmt"
	"strings"
	"time"
)

// maxText bounds free text in payloads, in bytes.
const maxText = 16 << 10

func required(field, value string) error {
	switch {
	case strings.TrimSpace(value) == "":
		return fmt.Errorf("field %q is missing: it must be a text that is not empty", field)
	case len(value) > maxText:
		return fmt.Errorf("field %q has %d bytes: at most %d are allowed", field, len(value), maxText)
	}
	return nil
}

func requiredTime(field string, value time.Time) error {
	if value.IsZero() {
		return fmt.Errorf("field %q is missing: it must be a time as in RFC 3339, with zone", field)
	}
	return nil
}

func notNegative(field string, value int) error {
	if value < 0 {
		return fmt.Errorf("field %q is %d: it must be 0 or more", field, value)
	}
	return nil
}

func oneOf(field, value string, allowed ...string) error {
	for _, word := range allowed {
		if value == word {
			return nil
		}
	}
	return fmt.Errorf("field %q is %q: it must be one of %s", field, value, strings.Join(allowed, ", "))
}
