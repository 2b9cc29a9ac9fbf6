package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// fenceTimeout bounds the reading and the writing of all fences.
const fenceTimeout = 30 * time.Second

// fenceReport is what the fence commands print with -o json.
type fenceReport struct {
	Fences []fenceRow `json:"fences"`
	// Reset says that these fences are gone now.
	Reset bool `json:"reset"`
}

// fenceRow is one fence, and how it is reset.
type fenceRow struct {
	Store       string    `json:"store"` // that refuses: the bus or the ledger
	Daemon      spec.Type `json:"daemon"`
	Node        string    `json:"node"` // empty for a cluster daemon
	Epoch       int64     `json:"epoch"`
	Checkpoints int       `json:"checkpoints"` // that carry the epoch too; only the bus has any
	Since       time.Time `json:"since"`       // the epoch as a time of the server's clock

	reset func(context.Context) error
}

func (r fenceRow) target() control.Target { return control.Target{Type: r.Daemon, Node: r.Node} }

type fenceFlags struct{ yes, force bool }

func (a *app) fence() *cobra.Command {
	command := &cobra.Command{
		Use:   "fence",
		Short: "Show and reset what old copies of daemons are refused by",
		Long: `The event bus and the ledger keep the highest epoch of each daemon (the start time of its newest attempt, by the
server's clock) and refuse older writers, so that a copy that was replaced changes nothing any more.

After Temporal was restored on a machine whose clock is behind, or the bus or the ledger was restored from a backup
that is newer than Temporal's, every new attempt is older than what they have seen: the daemons end as "fenced" again
and again. Then stop them and reset their fences. What they have saved stays.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(a.fenceList(), a.fenceReset())
	return command
}

func (a *app) fenceList() *cobra.Command {
	return &cobra.Command{
		Use: "list [TYPE[@node]...]", Short: "List the highest epoch that the bus and the ledger know of each daemon",
		RunE: func(command *cobra.Command, inputs []string) error {
			return a.withFences(command.Context(), inputs, func(_ context.Context, fences []fenceRow) error {
				report := newFenceReport(fences, false)
				return a.print(report, func(w io.Writer) { writeFences(w, report) })
			})
		},
		ValidArgsFunction: a.completeTypes,
	}
}

func (a *app) fenceReset() *cobra.Command {
	var flags fenceFlags
	command := &cobra.Command{
		Use:   "reset [TYPE[@node]...]",
		Short: "Forget the highest epoch of daemons that do not run; without a TYPE, of all",
		Long: `Forgets the highest epoch of the named daemons, or of all, so that their next attempt may write whatever its epoch.
Only for use after a restore. It is refused while such a daemon runs, since an old copy of it would be let in too:
` + "`starter down`" + ` or ` + "`starter stop TYPE --cascade`" + ` first. Where EVENT_ROUTER runs the bus and is down, the starter opens
the bus's folder in CLUSTER_DIR itself.`,
		Example: `  starter down && starter fence reset --yes && starter up
  starter fence reset DLQ_RETRY AUTO_SYNC@node-1 --yes`,
		RunE: func(command *cobra.Command, inputs []string) error {
			return a.resetFences(command.Context(), inputs, flags)
		},
		ValidArgsFunction: a.completeTypes,
	}
	command.Flags().BoolVar(&flags.yes, "yes", false, "do it; without this, only show what would be reset")
	command.Flags().BoolVar(&flags.force, "force", false, "also while such a daemon runs, or nobody knows whether it does")
	return command
}

func (a *app) resetFences(ctx context.Context, inputs []string, flags fenceFlags) error {
	return a.withFences(ctx, inputs, func(ctx context.Context, fences []fenceRow) error {
		if !flags.yes {
			report := newFenceReport(fences, false)
			if err := a.print(report, func(w io.Writer) { writeFences(w, report) }); err != nil {
				return err
			}
			return refusef("nothing is reset yet: add --yes to forget %s", count(len(fences), "epoch"))
		}
		if !flags.force {
			if err := a.refuseRunning(ctx, fences); err != nil {
				return err
			}
		}
		for _, fence := range fences {
			if err := fence.reset(ctx); err != nil {
				return err
			}
		}
		report := newFenceReport(fences, true)
		return a.print(report, func(w io.Writer) { writeFences(w, report) })
	})
}

// refuseRunning refuses when a daemon whose fence is to fall may have a copy that runs.
func (a *app) refuseRunning(ctx context.Context, fences []fenceRow) error {
	var running []string
	err := a.withFleet(ctx, func(fleet *control.Client) error {
		status, err := fleet.Status(ctx)
		for _, info := range flatten(status.Daemons) {
			target := control.TargetOf(info)
			fenced := slices.ContainsFunc(fences, func(fence fenceRow) bool { return fence.target() == target })
			if fenced && mayRun(info.Phase) {
				running = append(running, target.String())
			}
		}
		return err
	})
	switch {
	case is[*control.NotUpError](err):
		return nil // no supervisor, so no daemon
	case err != nil:
		return refusef("nobody can tell whether these daemons run, and an old copy of a running one would be let in too (--force resets all the same): %v", err)
	case len(running) > 0:
		return refusef("stop what runs first (`starter down`, or `starter stop TYPE --cascade`), since an old copy would be let in too: %s; --force resets all the same",
			names(running))
	}
	return nil
}

// mayRun says whether a daemon in a phase runs, or will in a moment.
func mayRun(phase spec.Phase) bool {
	switch phase {
	case spec.PhaseStopped, spec.PhasePaused, spec.PhaseBlocked, spec.PhaseCompleted, spec.PhaseDisabled, spec.PhaseFailed:
		return false
	}
	return true
}

func newFenceReport(fences []fenceRow, reset bool) fenceReport {
	return fenceReport{Fences: orEmpty(fences), Reset: reset}
}

func writeFences(w io.Writer, report fenceReport) {
	row(w, "DAEMON", "REFUSED BY", "EPOCH", "SINCE", "CHECKPOINTS")
	for _, fence := range report.Fences {
		row(w, fence.target(), fence.Store, fence.Epoch, fence.Since.Format(time.RFC3339Nano), fence.Checkpoints)
	}
	if report.Reset {
		fmt.Fprintf(w, "%s reset: the next attempt of each may write, whatever its epoch\n", count(len(report.Fences), "fence"))
	}
}
