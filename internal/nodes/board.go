package nodes

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// ReportInterval is the pause between two reports of a node.
	ReportInterval = 5 * time.Second
	// Fresh is how old the report of a live node may be: one may be lost.
	Fresh = 2*ReportInterval + time.Second
)

// reporter is the daemon that puts the reports.
const reporter = spec.Type("P2P_BACKEND")

// Board is where each node puts its last report and finds those of the others.
type Board struct{ session *bus.Session }

// NewBoard is the board as a daemon uses it: a per-node one to put its node's report, any to list them all.
func NewBoard(session *bus.Session) Board { return Board{session} }

// Put replaces this node's report. It returns bus.ErrFenced once a newer copy of the daemon has put its own.
func (b Board) Put(ctx context.Context, report Report) error {
	data, err := report.encode()
	if err != nil {
		return err
	}
	return b.session.Report(ctx, data)
}

// List returns the last report of each node that made one within a week, by node. Look at the ages: a node that
// is gone stays. A report that cannot be read is an entry with a Fault.
func (b Board) List(ctx context.Context) ([]Entry, error) {
	reports, err := b.session.Client().Reports(ctx)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, report := range reports {
		if report.Daemon != reporter {
			continue // other daemons report other things of their nodes
		}
		entry := Entry{Age: report.Age}
		if err := json.Unmarshal(report.Data, &entry.Report); err != nil {
			entry = Entry{Age: report.Age, Fault: err.Error()}
		}
		entry.NodeID = report.Node // whoever it says to be, this is who wrote it
		entries = append(entries, entry)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.NodeID, b.NodeID) })
	return entries, nil
}

// IsFresh says whether the node made a report that can be read a moment ago.
func (e Entry) IsFresh() bool { return e.Age <= Fresh && e.Fault == "" }
