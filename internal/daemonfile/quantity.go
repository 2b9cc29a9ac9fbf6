package daemonfile

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Size is a number of bytes, written as 512MiB, 1GB or plainly.
type Size int64

// units are those of sizes, from the smallest.
var units = []struct {
	name  string
	bytes float64
}{
	{"B", 1}, {"KB", 1e3}, {"KiB", 1 << 10}, {"MB", 1e6}, {"MiB", 1 << 20}, {"GB", 1e9}, {"GiB", 1 << 30}, {"TB", 1e12}, {"TiB", 1 << 40},
}

// What sizes and durations look like. A duration that looks so is one to time.ParseDuration, unless it overflows.
var (
	sizeForm     = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(B|KB|KiB|MB|MiB|GB|GiB|TB|TiB)?$`)
	durationForm = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`)
)

// parseSize reads a size; a fraction of a byte is none.
func parseSize(text string) (Size, bool) {
	parts := sizeForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	bytes, err := strconv.ParseFloat(parts[1], 64)
	for _, unit := range units {
		if unit.name == parts[2] {
			bytes *= unit.bytes
		}
	}
	const tooLarge = 1 << 53 // from where a float does not hold every whole number
	return Size(bytes), err == nil && bytes == math.Trunc(bytes) && bytes < tooLarge
}

// parseWhole reads a whole number as everybody would: 010 is none, as it is eight to some.
func parseWhole(text string) (int, bool) {
	number, err := strconv.Atoi(text)
	return number, err == nil && strconv.Itoa(number) == text
}

// parseDuration reads a duration without a sign; 0 needs no unit.
func parseDuration(text string) (time.Duration, bool) {
	if text == "0" {
		return 0, true
	}
	duration, err := time.ParseDuration(text)
	return duration, err == nil && durationForm.MatchString(text)
}

// String is the size in the largest unit of which it is a whole number.
func (s Size) String() string {
	for i := len(units) - 1; i >= 0; i-- {
		if unit := Size(units[i].bytes); s != 0 && s%unit == 0 {
			return fmt.Sprintf("%d%s", s/unit, units[i].name)
		}
	}
	return "0B"
}
