package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// topReport is what `top -o json` prints.
type topReport struct {
	At      time.Time     `json:"at"`
	Daemons []topRow      `json:"daemons"`
	Summary statusSummary `json:"summary"` // of all daemons, whatever is shown
	Nodes   []topNode     `json:"nodes"`
}

// topNode is a node that was asked.
type topNode struct {
	ID    string `json:"id"`
	Fault string `json:"fault,omitempty"` // why the figures of its daemons are not known
}

// topRow is one daemon or member. Figures are null where they are not known.
type topRow struct {
	Daemon    spec.Type     `json:"daemon"`
	Node      string        `json:"node"` // where it runs
	Kind      spec.Kind     `json:"kind"`
	Category  spec.Category `json:"category"`
	Phase     spec.Phase    `json:"phase"`
	CPU       *float64      `json:"cpu_percent"` // of one processor, since the measurement before
	Memory    *int64        `json:"memory_bytes"`
	Processes *int64        `json:"processes"`
	// Restarts counts every restart ever; RestartCount those of the current budget.
	Restarts     int        `json:"restarts"`
	RestartCount int        `json:"restart_count"`
	NextTryAt    *time.Time `json:"next_try_at"`
	Health       healthRow  `json:"health"`
	note         string
}

func newTopRow(info spec.Info, category spec.Category, nodes []spec.Node) topRow {
	row := topRow{
		Daemon: info.Daemon, Node: info.Node, Kind: info.Kind, Category: category, Phase: info.Phase, RestartCount: info.RestartCount,
		NextTryAt: optional(info.NextTryAt), Health: newHealthRow(info.Health),
	}
	for _, count := range info.Restarts {
		row.Restarts += count
	}
	for _, node := range nodes {
		if info.Worker != "" && node.Identity == info.Worker {
			row.Node = node.ID
		}
	}
	row.Memory, row.Processes = whole(info.Health.Details, spec.DetailMemory), whole(info.Health.Details, spec.DetailProcesses)
	if info.Phase != spec.PhaseRunning || info.Health.Status != spec.HealthOK {
		row.note = firstOf(oneLine(info.LastError), oneLine(info.Reason))
		if info.Phase == spec.PhaseRunning || info.Phase == spec.PhaseStarting {
			row.note = oneLine(info.Health.Message)
		}
	}
	if len(info.BlockedOn) > 0 && info.Phase == spec.PhaseBlocked {
		row.note = "on " + names(info.BlockedOn)
	}
	return row
}

func whole(details map[string]any, name string) *int64 {
	value, known := number(details, name)
	if !known {
		return nil
	}
	figure := int64(value)
	return &figure
}

// The orders of --sort.
const (
	sortCPU      = "cpu"
	sortMemory   = "memory"
	sortName     = "name"
	sortRestarts = "restarts"
)

func topOrders() []string { return []string{sortCPU, sortMemory, sortName, sortRestarts} }

// shown is the report with the rows that were asked for, in their order.
func (r topReport) shown(flags topFlags) topReport {
	r.Daemons = slices.DeleteFunc(r.Daemons, func(row topRow) bool {
		return len(flags.phases) > 0 && !slices.Contains(flags.phases, string(row.Phase)) ||
			len(flags.categories) > 0 && !slices.Contains(flags.categories, string(row.Category))
	})
	slices.SortStableFunc(r.Daemons, func(a, b topRow) int {
		first := 0
		switch flags.sort {
		case sortCPU:
			first = highestFirst(a.CPU, b.CPU)
		case sortMemory:
			first = highestFirst(a.Memory, b.Memory)
		case sortRestarts:
			first = cmp.Compare(b.Restarts, a.Restarts)
		}
		return cmp.Or(first, cmp.Compare(a.Daemon, b.Daemon), cmp.Compare(a.Node, b.Node))
	})
	return r
}

// highestFirst puts what is not known last.
func highestFirst[N cmp.Ordered](a, b *N) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Compare(*b, *a)
}

// writeTop writes a summary, what could not be asked, and at most so many rows; a negative number means all.
func writeTop(w io.Writer, report topReport, now time.Time, most int) {
	fmt.Fprintf(w, "%s  %s\n%s\n", clock(now), summaryLine(report.Summary), totals(report.Daemons))
	for _, fault := range report.faults() {
		fmt.Fprintln(w, fault)
	}
	row(w, "DAEMON", "NODE", "PHASE", "CPU %", "MEMORY", "PROCESSES", "RESTARTS", "NEXT TRY", "HEALTH", "NOTE")
	for i, each := range report.Daemons {
		if i == max(most, 0) && most >= 0 {
			fmt.Fprintf(w, "… %d more: a larger screen, --phase or --category shows them\n", len(report.Daemons)-i)
			return
		}
		next := "-"
		if each.NextTryAt != nil {
			next = "in " + span(each.NextTryAt.Sub(now))
		}
		row(w, each.Daemon, orDash(each.Node), each.Phase, percent(each.CPU), size(each.Memory), figure(each.Processes), each.Restarts, next,
			each.Health.Status, orDash(each.note))
	}
}

// faults are the nodes that could not be asked, for people.
func (r topReport) faults() (faults []string) {
	for _, node := range r.Nodes {
		if node.Fault != "" {
			faults = append(faults, "unknown: "+strings.Join(strings.Fields(node.Fault), " "))
		}
	}
	return faults
}

// totals add up what is known.
func totals(rows []topRow) string {
	var cpu *float64
	var memory, processes *int64
	for _, row := range rows {
		cpu, memory, processes = sum(cpu, row.CPU), sum(memory, row.Memory), sum(processes, row.Processes)
	}
	if processes == nil {
		return "no processes of programs"
	}
	return fmt.Sprintf("programs: %s %% CPU, %s, processes: %d", percent(cpu), size(memory), *processes)
}

func sum[N int64 | float64](total, more *N) *N {
	if total == nil || more == nil {
		return cmp.Or(total, more)
	}
	both := *total + *more
	return &both
}

func percent(value *float64) string {
	if value == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", *value)
}

func figure(value *int64) string {
	if value == nil {
		return "-"
	}
	return fmt.Sprint(*value)
}

// size is a number of bytes for people, in units of 1024.
func size(bytes *int64) string {
	if bytes == nil {
		return "-"
	}
	value, unit := float64(*bytes), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, next
	}
	if unit == "B" {
		return fmt.Sprintf("%.0f B", value)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}
