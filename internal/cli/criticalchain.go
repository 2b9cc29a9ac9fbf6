package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/startup"
)

// chainReach is how long before the moment asked for the event log is searched for the beginning of a start-up.
const chainReach = 24 * time.Hour

func (a *app) criticalChain() *cobra.Command {
	var moment string
	command := &cobra.Command{
		Use:   "critical-chain [TYPE]",
		Short: "Show what the last start-up waited for, and how much time each daemon had to spare",
		Args:  cobra.MaximumNArgs(1),
		Long: `critical-chain shows the chain of daemons that determined how long the last start of the fleet took or, given a TYPE,
the chain that this one waited for. @ is after how long a daemon was started, + how long it then took to be ready. Below
it are all daemons: WAITED FOR is the dependency that was ready last, DELAY how long after that the daemon was started,
SLACK how much later it could have been ready without delaying any that waited for it or, if none did, the end of the
start-up.

The times are those of the daemons' last changes, of which each keeps a few; the event log has those of a week. With --at
it is the last start-up that began at that moment or before it. Dependencies are those of the fleet as it is up now.`,
		RunE: func(command *cobra.Command, inputs []string) error {
			at, err := a.parseMoment(moment)
			if err != nil {
				return err
			}
			var daemon spec.Type
			if len(inputs) > 0 {
				found, err := a.resolveNoting(command.Context(), inputs[0])
				if err != nil {
					return err
				}
				daemon = found.Type
			}
			return a.showChain(command.Context(), daemon, at, moment != "")
		},
		ValidArgsFunction: a.completeTypes,
	}
	command.Flags().StringVar(&moment, "at", "", "a moment in the past: RFC 3339, or how long ago, as 3h")
	return command
}

// parseMoment reads a point in time or a distance from now; empty means now.
func (a *app) parseMoment(text string) (time.Time, error) {
	if text == "" {
		return a.Now(), nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return a.Now().Add(-ago), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.After(a.Now()) {
		return at, usagef("--at %q: write a moment in the past as 2026-03-01T12:00:00Z, or how long ago, as 3h", text)
	}
	return at, nil
}

func (a *app) showChain(ctx context.Context, daemon spec.Type, at time.Time, past bool) error {
	return a.withFleet(ctx, func(fleet *control.Client) error {
		rows, changes, err := chainHistory(ctx, fleet)
		if err != nil {
			return err
		}
		found, any := startup.Find(rows, changes, at)
		if past || !any || len(found.Unknown) > 0 {
			more, err := a.loggedChanges(ctx, at)
			if err != nil {
				fmt.Fprintln(a.Err, "note: only the last changes of each daemon are known, as the event log cannot be read:", err)
			}
			found, any = startup.Find(rows, append(changes, more...), at)
		}
		if !any {
			return fmt.Errorf("no start-up is known that began before %s: neither the daemons' last changes nor the event log reach back to one",
				at.UTC().Format(time.RFC3339))
		}
		report, err := newChainReport(found, daemon)
		if err != nil {
			return err
		}
		return a.print(report, func(w io.Writer) { writeChain(w, report) })
	})
}

// chainHistory asks the daemons for their last changes, and the supervisor for the edges between them.
func chainHistory(ctx context.Context, fleet *control.Client) ([]spec.Daemon, []spec.Transition, error) {
	plan, err := fleet.Plan(ctx)
	if err != nil {
		return nil, nil, err
	}
	status, err := fleet.Status(ctx)
	var changes []spec.Transition
	for _, info := range status.Daemons {
		changes = append(changes, info.Transitions...)
	}
	return plan.Request.Daemons, changes, err
}

// loggedChanges reads the changes from the event log that may belong to a start-up that began at a moment or before.
func (a *app) loggedChanges(ctx context.Context, at time.Time) (changes []spec.Transition, err error) {
	options := bus.FollowOptions{Names: bus.TransitionNames(), Since: at.Add(-chainReach), Stop: true}
	err = a.withBus(ctx, func(client *bus.Client) error {
		return client.Follow(ctx, options, func(event bus.Event) error {
			var told bus.Transition
			if json.Unmarshal(event.Payload, &told) == nil { // what is no transition is no change
				changes = append(changes, told.Spec())
			}
			return nil
		})
	})
	return changes, err
}

// chainReport is what `critical-chain -o json` prints. Times that are not known are null.
type chainReport struct {
	BeganAt time.Time `json:"began_at"`
	// ReadyAt is when the last daemon was ready that was, TookSeconds how long that took.
	ReadyAt     *time.Time `json:"ready_at"`
	TookSeconds *float64   `json:"took_seconds"`
	// Chain begins with what was ready last, or with the daemon that was asked for.
	Chain    []spec.Type   `json:"chain"`
	Daemons  []chainMember `json:"daemons"`
	NotReady []spec.Type   `json:"not_ready"`
	// Unknown are daemons whose history does not reach back.
	Unknown []spec.Type `json:"unknown"`
}

type chainMember struct {
	Daemon       spec.Type  `json:"daemon"`
	StartedAt    time.Time  `json:"started_at"`
	ReadyAt      *time.Time `json:"ready_at"`
	TookSeconds  *float64   `json:"took_seconds"`
	WaitedFor    spec.Type  `json:"waited_for"`
	DelaySeconds float64    `json:"delay_seconds"` // from when that was ready, or from the beginning, to its start
	SlackSeconds *float64   `json:"slack_seconds"`
	Failures     int        `json:"failures"`
	Ended        spec.Phase `json:"ended"`
}

func newChainReport(found startup.Startup, daemon spec.Type) (chainReport, error) {
	last, any := found.Last()
	if daemon == "" {
		daemon = last.Daemon
	} else if _, part := found.Member(daemon); !part {
		return chainReport{}, fmt.Errorf("%s had no part in the start-up of %s: `starter critical-chain` lists those that had, --at finds an earlier one",
			daemon, found.BeganAt.UTC().Format(time.RFC3339))
	}
	report := chainReport{
		BeganAt: found.BeganAt.UTC(), Chain: []spec.Type{}, Daemons: []chainMember{}, NotReady: []spec.Type{}, Unknown: orEmpty(found.Unknown),
	}
	if any {
		report.ReadyAt, report.TookSeconds = optional(found.ReadyAt), lengthOf(found.ReadyAt.Sub(found.BeganAt))
	}
	for _, member := range found.Chain(daemon) {
		report.Chain = append(report.Chain, member.Daemon)
	}
	for _, member := range found.Members {
		one := chainMember{
			Daemon: member.Daemon, StartedAt: member.StartedAt.UTC(), WaitedFor: member.WaitedFor, DelaySeconds: member.Delay.Seconds(),
			Failures: member.Failures, Ended: member.Ended,
		}
		if member.Ready() {
			one.ReadyAt, one.TookSeconds = optional(member.ReadyAt), lengthOf(member.Took())
		} else {
			report.NotReady = append(report.NotReady, member.Daemon)
		}
		if member.SlackKnown {
			one.SlackSeconds = lengthOf(member.Slack)
		}
		report.Daemons = append(report.Daemons, one)
	}
	return report, nil
}

func lengthOf(span time.Duration) *float64 {
	seconds := span.Seconds()
	return &seconds
}

// writeChain writes the chain as a tree, and below it the table of all.
func writeChain(w io.Writer, report chainReport) {
	fmt.Fprintf(w, "start-up of %s: %d of %d ready", report.BeganAt.Format(time.RFC3339), len(report.Daemons)-len(report.NotReady), len(report.Daemons))
	if report.TookSeconds != nil {
		fmt.Fprintf(w, " after %s", millis(report.TookSeconds))
	}
	fmt.Fprintln(w)
	if len(report.NotReady) > 0 {
		fmt.Fprintf(w, "not ready: %s\n", names(report.NotReady))
	}
	if len(report.Unknown) > 0 {
		fmt.Fprintf(w, "unknown, as their history does not reach back: %s\n", names(report.Unknown))
	}
	fmt.Fprintln(w)
	for depth, daemon := range report.Chain {
		fmt.Fprintf(w, "%s%s @%s", branch(depth), daemon, after(report, report.member(daemon).StartedAt))
		if took := report.member(daemon).TookSeconds; took != nil {
			fmt.Fprintf(w, " +%s", millis(took))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	row(w, "DAEMON", "STARTED", "READY", "TOOK", "WAITED FOR", "DELAY", "SLACK", "NOTE")
	for _, member := range report.Daemons {
		ready := "-"
		if member.ReadyAt != nil {
			ready = after(report, *member.ReadyAt)
		}
		row(w, member.Daemon, after(report, member.StartedAt), ready, millis(member.TookSeconds), orDash(string(member.WaitedFor)),
			millis(&member.DelaySeconds), millis(member.SlackSeconds), orDash(chainNote(member)))
	}
}

func (r chainReport) member(daemon spec.Type) chainMember {
	return r.Daemons[slices.IndexFunc(r.Daemons, func(m chainMember) bool { return m.Daemon == daemon })]
}

func branch(depth int) string {
	if depth == 0 {
		return ""
	}
	return strings.Repeat("  ", depth-1) + "└─"
}

func chainNote(member chainMember) string {
	text := ""
	if member.Failures > 0 {
		text = count(member.Failures, "attempt") + " failed"
	}
	return joinNonEmpty(text, ", ", string(member.Ended))
}

// after is how long after the beginning of the start-up a moment was.
func after(report chainReport, at time.Time) string {
	return millis(lengthOf(at.Sub(report.BeganAt)))
}

// millis is a length of time with the thousandths of a second.
func millis(seconds *float64) string {
	if seconds == nil {
		return "-"
	}
	return fmt.Sprintf("%.3fs", *seconds)
}
