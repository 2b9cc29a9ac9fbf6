package retention

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Markdown returns the table as documents show it.
func Markdown(rows []Row) string {
	var text strings.Builder
	text.WriteString("| what | where | kept | at most | by |\n|---|---|---|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s |\n", row.What, row.Where(), AgeText(row.Age), row.Limit(), row.By)
	}
	return text.String()
}

// Where says in which files or in what else it is kept.
func (r Row) Where() string {
	if r.Root == RootNone {
		return r.Inside
	}
	paths := make([]string, len(r.Paths))
	for i, path := range r.Paths {
		paths[i] = "`" + string(r.Root) + "/" + path + "`"
	}
	return strings.Join(paths, ", ")
}

// Limit is the bounds by size and number; a dash is none.
func (r Row) Limit() string {
	var bounds []string
	if r.Bytes > 0 {
		bounds = append(bounds, SizeText(r.Bytes))
	}
	if r.Count > 0 {
		bounds = append(bounds, strconv.FormatInt(r.Count, 10)+" "+r.PerUnit)
	} else if r.Bytes > 0 && r.PerUnit != "" {
		bounds[0] += " " + r.PerUnit
	}
	if len(bounds) == 0 {
		return "-"
	}
	return strings.Join(bounds, ", ")
}

// AgeText is an age in days; a dash is for ever.
func AgeText(age time.Duration) string {
	switch days := age.Hours() / 24; {
	case age == 0:
		return "-"
	case days == 1:
		return "1 day"
	default:
		return strconv.FormatFloat(days, 'f', -1, 64) + " days"
	}
}

// SizeText is a size with a binary unit and at most one digit after the point.
func SizeText(bytes int64) string {
	const units = "KMGTPE"
	if bytes < kib {
		return strconv.FormatInt(bytes, 10) + " B"
	}
	value, unit := float64(bytes)/float64(kib), 0
	for ; value >= 1023.95 && unit < len(units)-1; unit++ {
		value /= float64(kib)
	}
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', 1, 64), ".0") + " " + units[unit:unit+1] + "iB"
}

// ParseSize reads a size as people write it: a number and one of B, KiB, MiB, GiB and TiB.
func ParseSize(text string) (int64, error) {
	number := strings.TrimRight(text, "BKMGTi ")
	factors := map[string]int64{"B": 1, "KiB": kib, "MiB": mib, "GiB": gib, "TiB": gib << 10}
	factor, known := factors[strings.TrimSpace(text[len(number):])]
	value, err := strconv.ParseFloat(number, 64)
	if !known || err != nil || value <= 0 || value*float64(factor) >= 1<<62 {
		return 0, fmt.Errorf("%q is no size: write a number with B, KiB, MiB, GiB or TiB, such as 200GiB", text)
	}
	return int64(value * float64(factor)), nil
}
