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

// verbReport is what a command to a daemon prints with -o json.
type verbReport struct {
	Daemon  spec.Type   `json:"daemon"`
	Node    string      `json:"node"`
	Verb    spec.Verb   `json:"verb"`
	Phase   spec.Phase  `json:"phase"`
	Message string      `json:"message"`
	Touched []spec.Type `json:"touched"`
	// Waited says that Phase is the one after the command, not the one in which it was accepted.
	Waited bool `json:"waited"`
}

type verbFlags struct {
	spec.Command
	allow   bool
	wait    bool
	timeout time.Duration
}

func (a *app) verbs() []*cobra.Command {
	return []*cobra.Command{
		a.verb(spec.VerbStart, "Start a daemon, and keep it running from now on"),
		a.verb(spec.VerbStop, "Stop a daemon; it stays stopped until it is started"),
		a.verb(spec.VerbRestart, "Restart a daemon, whatever phase it is in"),
		a.verb(spec.VerbPause, "Stop a daemon for a while; its dependents go on"),
		a.verb(spec.VerbResume, "End a pause"),
		a.verb(spec.VerbReset, "Give a daemon its whole restart budget back and try it at once"),
	}
}

func (a *app) verb(verb spec.Verb, short string) *cobra.Command {
	var flags verbFlags
	command := &cobra.Command{
		Use: string(verb) + " TYPE[@node]", Short: short, Args: oneTarget,
		RunE: func(command *cobra.Command, inputs []string) error {
			return a.runVerb(command.Context(), verb, inputs[0], flags)
		},
		ValidArgsFunction: a.completeTypes,
	}
	command.Flags().StringVar(&flags.Reason, "reason", "", reasonHelp(verb))
	addWait(command, &flags.wait, &flags.timeout)
	switch verb {
	case spec.VerbStart:
		command.Flags().BoolVar(&flags.Cascade, "cascade", false, "start what it depends on too")
		command.Flags().BoolVar(&flags.allow, "allow-deprecated", false, "accept a deprecated name: its replacement is started")
	case spec.VerbStop, spec.VerbRestart:
		command.Flags().BoolVar(&flags.Cascade, "cascade", false, string(verb)+" the daemons that depend on it too")
	case spec.VerbPause:
		command.Flags().StringVar(&flags.For, "for", "", "length of the pause, as 30m or 1h30m; without it, until resumed")
	}
	return command
}

// reasonHelp says what the reason of a verb does: pauses go by theirs.
func reasonHelp(verb spec.Verb) string {
	switch verb {
	case spec.VerbPause:
		return "why; each reason is a pause of its own, and all must end"
	case spec.VerbResume:
		return "end only the pause with this reason; default every pause"
	}
	return "why, for the record"
}

func (a *app) runVerb(ctx context.Context, verb spec.Verb, input string, flags verbFlags) error {
	found, err := a.target(ctx, verb, input, flags.allow)
	if err != nil {
		return err
	}
	if err := checkLength(flags.For); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, flags.timeout)
	defer cancel()
	return a.withFleet(ctx, func(fleet *control.Client) error {
		if verb == spec.VerbStart && found.alias() && len(found.params) > 0 {
			if err := a.bestow(ctx, fleet, found); err != nil {
				return err
			}
		}
		report, err := a.command(ctx, fleet, verb, found.Target, flags)
		if err != nil {
			return unanswered(err, flags.timeout, "starter info "+found.String())
		}
		return a.print(report, func(w io.Writer) { writeVerb(w, report) })
	})
}

// target resolves the daemon that a command is for, and refuses what cannot be commanded.
func (a *app) target(ctx context.Context, verb spec.Verb, input string, allow bool) (named, error) {
	if verb != spec.VerbStart {
		found, err := a.resolveNoting(ctx, input)
		if err != nil {
			return found, err
		}
		return found, available(found)
	}
	found, err := a.resolve(ctx, input)
	if err != nil {
		return found, err
	}
	if err := a.migrate(found, allow, withParams(found.params)); err != nil {
		return found, err
	}
	if found.alias() && len(found.params) > 0 && found.Node != "" {
		return found, usagef("%s stands for %s%s, which holds on every node: leave out @%s", found.asked.Type, found.Type, withParams(found.params), found.Node)
	}
	return found, available(found)
}

// available refuses daemons that are listed but not written yet.
func available(found named) error {
	if found.row.Status == spec.StatusPlanned {
		return refusef("%s is planned: this build has no code for it, so it cannot run; `starter list` shows what can", found.Type)
	}
	return nil
}

func checkLength(text string) error {
	if text == "" {
		return nil
	}
	if length, err := time.ParseDuration(text); err != nil || length <= 0 {
		return usagef("--for %q is not a positive duration: write it as 30m or 1h30m", text)
	}
	return nil
}

// command sends the verb and, if asked to, waits for what it is meant to bring about.
func (a *app) command(ctx context.Context, fleet *control.Client, verb spec.Verb, target control.Target, flags verbFlags) (verbReport, error) {
	report := verbReport{Daemon: target.Type, Node: target.Node, Verb: verb}
	var before spec.Info
	if flags.wait && verb == spec.VerbRestart {
		var err error
		if before, err = fleet.Info(ctx, target); err != nil {
			return report, err
		}
	}
	result, err := fleet.Do(ctx, target, verb, flags.Command)
	if err != nil {
		return report, err
	}
	report.Phase, report.Message, report.Touched = result.Phase, result.Message, orEmpty(result.Touched)
	if !flags.wait {
		return report, nil
	}
	info, err := fleet.WaitFor(ctx, target, func(info spec.Info) bool { return settled(verb, before, info) })
	if err != nil {
		return report, err
	}
	report.Phase, report.Waited = info.Phase, true
	if info.Phase == spec.PhaseFailed {
		return report, &control.NotReadyError{Pending: []spec.Info{info}, Hopeless: true}
	}
	return report, nil
}

// settled says whether a daemon is where a command should bring it, or where it will stay.
func settled(verb spec.Verb, before, now spec.Info) bool {
	switch verb {
	case spec.VerbStop:
		return now.Phase == spec.PhaseStopped
	case spec.VerbPause:
		return now.Phase == spec.PhasePaused
	case spec.VerbRestart:
		return ended(now) && renewed(before, now)
	}
	return ended(now)
}

func ended(info spec.Info) bool {
	return info.Ready || slices.Contains([]spec.Phase{spec.PhaseFailed, spec.PhaseDisabled, spec.PhaseCompleted}, info.Phase)
}

// renewed says whether another attempt runs than before, on every node where there was one.
func renewed(before, now spec.Info) bool {
	old := map[string]int64{}
	for _, info := range flatten([]spec.Info{before}) {
		old[info.Node] = info.Epoch
	}
	return !slices.ContainsFunc(flatten([]spec.Info{now}), func(info spec.Info) bool {
		return info.Epoch != 0 && info.Epoch == old[info.Node]
	})
}

func writeVerb(w io.Writer, report verbReport) {
	target := control.Target{Type: report.Daemon, Node: report.Node}
	if report.Waited {
		fmt.Fprintf(w, "%s is %s\n", target, report.Phase)
	} else {
		fmt.Fprintf(w, "%s (%s): %s\n", target, report.Phase, report.Message)
	}
	if len(report.Touched) > 0 {
		fmt.Fprintf(w, "also: %s\n", names(report.Touched))
	}
}
