//go:build acceptance

package acceptance

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// figures are measurements of one kind.
type figures []time.Duration

// quantile is the smallest figure that a share q of all does not exceed.
func (f figures) quantile(q float64) time.Duration {
	if len(f) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(f))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

func (f figures) max() time.Duration { return f.quantile(1) }

func (f figures) String() string {
	if len(f) == 1 {
		return short(f[0])
	}
	return fmt.Sprintf("p50 %s, p99 %s, max %s (n %d)", short(f.quantile(0.5)), short(f.quantile(0.99)), short(f.max()), len(f))
}

func short(d time.Duration) string { return d.Round(time.Millisecond).String() }

// table gathers the rows that benchmarks print at the end of the run.
type table struct {
	mutex sync.Mutex
	rows  [][5]string
}

// report is the run's one table: benchmarks have no other common end than the process's.
var report table

// add notes a figure beside its bar; met is empty where there is no bar.
func (t *table) add(what, figure, bar string, met bool, bound string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	verdict := ""
	if bar != "" {
		verdict = map[bool]string{true: "met", false: "MISSED"}[met]
	}
	t.rows = append(t.rows, [5]string{what, figure, bar, verdict, bound})
}

// within notes durations of which the given quantile has a bar.
func (t *table) within(what string, f figures, q float64, bar time.Duration, bound string) {
	t.add(what, f.String(), fmt.Sprintf("≤ %s", bar), f.quantile(q) <= bar, bound)
}

func (t *table) print(out io.Writer) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.rows) == 0 {
		return
	}
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "\nfigure\tmeasured\tbar\t\tbounded by")
	for _, row := range t.rows {
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\n", row[0], row[1], row[2], row[3], row[4])
	}
	_ = columns.Flush() // standard output has nobody to tell
}
