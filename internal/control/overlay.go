package control

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// overlayLimit is how many daemons are asked at once for a status.
	overlayLimit = 32
	// overlayTimeout is how long one of them may hold up the status of all.
	overlayTimeout = 3 * time.Second
)

// overlay asks the daemons that a filter picks, and says whether all of them have answered.
func (c *Client) overlay(ctx context.Context, rows []spec.Info, ask func(spec.Info) bool) (answered bool) {
	daemons := c.overlayAll(ctx, pick(rows, ask))
	members := c.overlayMembers(ctx, pick(rows, everyone), ask)
	return daemons && members
}

func everyone(spec.Info) bool { return true }

// overlayMembers asks the members, which are known only once the groups have answered, and gives each
// group the worst of their verdicts.
func (c *Client) overlayMembers(ctx context.Context, groups []*spec.Info, ask func(spec.Info) bool) (answered bool) {
	var members []*spec.Info
	for _, group := range groups {
		members = append(members, pick(group.Members, ask)...)
	}
	answered = c.overlayAll(ctx, members)
	for _, group := range groups {
		group.Health = spec.Worst(group.Health, group.Members)
	}
	return answered
}

// pick returns those rows of a list that are worth asking. A blocked daemon is not, since only the
// supervisor knows on what it waits.
func pick(rows []spec.Info, ask func(spec.Info) bool) []*spec.Info {
	var picked []*spec.Info
	for i := range rows {
		if rows[i].Phase != spec.PhaseBlocked && ask(rows[i]) {
			picked = append(picked, &rows[i])
		}
	}
	return picked
}

func (c *Client) overlayAll(ctx context.Context, rows []*spec.Info) (answered bool) {
	var group errgroup.Group
	var silent atomic.Bool
	group.SetLimit(overlayLimit)
	for _, row := range rows {
		group.Go(func() error {
			if !c.overlayOne(ctx, row) {
				silent.Store(true) // the row says so itself
			}
			return nil
		})
	}
	_ = group.Wait() // they have no errors
	return !silent.Load()
}

// overlayOne replaces a row by the daemon's own answer. One that is stopped may have no workflow to ask.
func (c *Client) overlayOne(ctx context.Context, row *spec.Info) (answered bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, overlayTimeout,
		errors.New("its workflow did not answer in "+overlayTimeout.String()))
	defer cancel()
	var info spec.Info
	err := c.query(ctx, TargetOf(*row).WorkflowID(), spec.QueryInfo, &info)
	switch {
	case err == nil:
		if row.Ready && info.Phase == spec.PhaseStarting && row.Since.After(info.Since) {
			info.Phase, info.Ready, info.Since = row.Phase, true, row.Since // its own report is still on its way
		}
		if row.Program != "" && info.Program != row.Program {
			info.Ready = false // it runs an older program, until it is its turn to restart
		}
		*row = info
	case notFound(err) && row.Phase == spec.PhaseStopped:
	default:
		row.Health = spec.Health{Status: spec.HealthUnknown, Message: "as the supervisor last heard: " + err.Error()}
		return false
	}
	return true
}
