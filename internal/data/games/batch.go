package games

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
)

// sorted is a batch by what is to be done with its games.
type sorted struct {
	add, duplicates, conflicts []string
	faults                     []Fault
	active                     int
}

// batch merges some games in one transaction. If the store refuses one of them, each gets a transaction of
// its own, and only those that are refused stay out.
func (m *merge) batch(ctx context.Context, ids []string) error {
	done, err := m.together(ctx, ids)
	if err == nil {
		m.count(done)
		return nil
	}
	if ctx.Err() != nil || !format.IsRefused(err) {
		return err
	}
	for _, id := range ids {
		done, err := m.together(ctx, []string{id})
		if err != nil && (ctx.Err() != nil || !format.IsRefused(err)) {
			return err
		}
		if err != nil {
			done = sorted{faults: []Fault{{id, fmt.Sprintf("the store refuses it: %s", err)}}}
		}
		m.count(done)
	}
	return nil
}

func (m *merge) together(ctx context.Context, ids []string) (done sorted, err error) {
	err = m.inTransaction(ctx, "BEGIN IMMEDIATE", func() error {
		if done, err = m.sort(ctx, ids); err != nil || len(done.add) == 0 {
			return err
		}
		if err := m.setBatch(ctx, done.add); err != nil {
			return err
		}
		return m.copyBatch(ctx, "source", m.tables)
	})
	return done, err
}

// sort compares games of the source with those of the store, by the columns of the source: the store may
// have further ones, with values of its own.
func (m *merge) sort(ctx context.Context, ids []string) (sorted, error) {
	if err := m.setBatch(ctx, ids); err != nil {
		return sorted{}, err
	}
	here := map[string]data.Sum{}
	if err := m.eachGame(ctx, "main", m.tables, inBatch, func(one game) error {
		here[one.id] = one.sum
		return nil
	}); err != nil {
		return sorted{}, err
	}
	var done sorted
	err := m.eachGame(ctx, "source", m.tables, inBatch, func(one game) error {
		sum, known := here[one.id]
		switch reason := one.fault(); {
		case !one.over():
			done.active++
		case reason != "":
			done.faults = append(done.faults, Fault{one.id, reason})
		case !known:
			done.add = append(done.add, one.id)
		case sum == one.sum:
			done.duplicates = append(done.duplicates, one.id)
		default:
			done.conflicts = append(done.conflicts, one.id)
		}
		return nil
	})
	return done, err
}

// count adds a batch that is committed.
func (m *merge) count(done sorted) {
	m.Inserted += len(done.add)
	m.Duplicates += len(done.duplicates)
	m.Conflicting += len(done.conflicts)
	m.conflicts = append(m.conflicts, done.conflicts...)
	m.Conflicts = m.conflicts[:min(len(m.conflicts), maxConflicts)]
	m.Faulty += len(done.faults)
	for _, fault := range done.faults {
		m.Faults = addFault(m.Faults, fault.GameID, fault.Reason)
	}
	m.Active += done.active
}
