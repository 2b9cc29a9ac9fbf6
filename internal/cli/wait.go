package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

// waitReport is what `wait -o json` prints.
type waitReport struct {
	Ready   bool        `json:"ready"`
	Waited  float64     `json:"waited_seconds"`
	Daemons []spec.Type `json:"daemons"` // those that were named; empty means all that should run
}

func (a *app) wait() *cobra.Command {
	var ready bool
	var timeout time.Duration
	command := &cobra.Command{
		Use:   "wait --ready [TYPE…]",
		Short: "Wait until the daemons are ready; exit code 3 says that they were not in time",
		RunE: func(command *cobra.Command, inputs []string) error {
			if !ready {
				return usagef("wait needs --ready: it is the only thing to wait for")
			}
			types, err := a.runnable(command.Context(), inputs)
			if err != nil {
				return err
			}
			return a.withFleet(command.Context(), func(fleet *control.Client) error {
				begin := a.Now()
				if err := a.await(command.Context(), fleet, types, timeout); err != nil {
					return err
				}
				report := waitReport{Ready: true, Waited: a.Now().Sub(begin).Seconds(), Daemons: orEmpty(types)}
				return a.print(report, func(w io.Writer) { fmt.Fprintf(w, "ready after %.1f s\n", report.Waited) })
			})
		},
		ValidArgsFunction: a.completeTypes,
	}
	command.Flags().BoolVar(&ready, "ready", false, "wait for readiness")
	command.Flags().DurationVar(&timeout, "timeout", defaultWait, "how long to wait")
	return command
}

// runnable resolves the names of daemons that this build can run.
func (a *app) runnable(ctx context.Context, inputs []string) ([]spec.Type, error) {
	var types []spec.Type
	for _, input := range inputs {
		found, err := a.resolveNoting(ctx, input)
		if err != nil {
			return nil, err
		}
		if found.Node != "" {
			return nil, usagef("%s: name a type, whose copies are all waited for, not one node's copy of it", input)
		}
		if err := available(found); err != nil {
			return nil, err
		}
		types = append(types, found.Type)
	}
	return types, nil
}

// await waits for readiness and tells on standard error how far it is.
func (a *app) await(ctx context.Context, fleet *control.Client, types []spec.Type, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	told := ""
	return fleet.WaitReady(ctx, types, func(ready int, pending []spec.Info) {
		line := fmt.Sprintf("%d of %d ready", ready, ready+len(pending))
		for i, info := range pending {
			if i == 5 {
				line += fmt.Sprintf(", and %d more", len(pending)-i)
				break
			}
			line += fmt.Sprintf(", %s %s", control.TargetOf(info), info.Phase)
		}
		if line != told {
			fmt.Fprintln(a.Err, line)
			told = line
		}
	})
}

// unanswered says that a command was given up, where to look for how it went, and leaves other errors alone.
func unanswered(err error, timeout time.Duration, look string) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("no answer within %s: it may still be carried out, see `%s` (%w)", timeout, look, err)
}

func addWait(command *cobra.Command, wait *bool, timeout *time.Duration) {
	command.Flags().BoolVar(wait, "wait", false, "wait until it has come about")
	command.Flags().DurationVar(timeout, "timeout", defaultWait, "how long it may take; exit code 3 says that it was not in time")
}
