package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/loops"
)

// loopRuns is what `starter loop runs` prints.
type loopRuns struct {
	Loops []loops.Loop `json:"loops"`
}

func (a *app) loopStart() *cobra.Command {
	order := loops.Loop{Iterations: 1}
	command := &cobra.Command{
		Use: "start", Short: "Order iterations of some configurations, which are gone through without you", Args: cobra.NoArgs,
		Long: `The configurations take turns, one iteration each, until each has had as many as were ordered. Meanwhile they are
trained whatever loop.configs and the targets of the thresholds say. CONTINUOUS_TRAINING_LOOP goes through the loop.`,
		Example: "  starter loop start --configs sq5_2p --iterations 3 --games 200",
		RunE: func(command *cobra.Command, _ []string) error {
			if order.ID == "" {
				order.ID = "loop-" + strings.ToLower(rand.Text()[:8])
			}
			order.OrderedBy, order.OrderedAt = a.Config.Operator, a.Now()
			if err := order.Check(); err != nil {
				return usageError{err}
			}
			if err := a.checkConfigs(command.Context(), "--configs", order.Configs...); err != nil {
				return err
			}
			return a.withLoops(command.Context(), func(ctx context.Context, board loops.Board) error {
				if err := board.Order(ctx, order); err != nil {
					return loopError(err)
				}
				return a.print(order, func(w io.Writer) { fmt.Fprintln(w, order.ID) })
			})
		},
	}
	flags := command.Flags()
	flags.StringSliceVar(&order.Configs, "configs", nil, "which configurations, separated by commas")
	flags.Int64Var(&order.Iterations, "iterations", order.Iterations, "how many iterations of each; 0: until the loop is stopped")
	flags.Int64Var(&order.Games, "games", 0, "new games that an iteration waits for; 0: as many as the thresholds ask for")
	flags.StringVar(&order.ID, "id", "", "ordered twice under one id, a loop is there once; default a new id")
	return command
}

func (a *app) loopStop() *cobra.Command {
	reason := ""
	command := &cobra.Command{
		Use: "stop ID", Short: "End a loop; the iteration under way ends as it would without it", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, ids []string) error {
			return a.withLoops(command.Context(), func(ctx context.Context, board loops.Board) error {
				stopped, err := board.Change(ctx, ids[0], func(loop loops.Loop) loops.Loop {
					if loop.Over() {
						return loop
					}
					return loop.End(loops.Stopped, "by "+a.Config.Operator+": "+reason, a.Now())
				})
				if err != nil {
					return loopError(err)
				}
				return a.print(stopped, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", stopped.ID, stopped.State) })
			})
		},
	}
	command.Flags().StringVar(&reason, "reason", "no reason given", "why")
	return command
}

func (a *app) loopRuns() *cobra.Command {
	return &cobra.Command{
		Use: "runs", Short: "List the loops that were ordered, and how far each is", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.withLoops(command.Context(), func(ctx context.Context, board loops.Board) error {
				all, err := board.List(ctx)
				if err != nil {
					return err
				}
				return a.print(loopRuns{all}, func(w io.Writer) { writeLoopRuns(w, all, a.Now()) })
			})
		},
	}
}

// withLoops runs act with the board of loops, in the operator's name.
func (a *app) withLoops(ctx context.Context, act func(context.Context, loops.Board) error) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	return a.withBus(ctx, func(client *bus.Client) error {
		// Epoch 0 is for those who are no daemon and cannot be fenced.
		return act(ctx, loops.NewBoard(client.Session("", "", 0)))
	})
}

func loopError(err error) error {
	switch {
	case errors.Is(err, loops.ErrExists):
		return refusef("%v: leave out --id, or choose another one", err)
	case errors.Is(err, loops.ErrNotFound):
		return usagef("%v: `starter loop runs` lists them", err)
	}
	return err
}

func writeLoopRuns(w io.Writer, all []loops.Loop, now time.Time) {
	row(w, "LOOP", "STATE", "TURNS", "CONFIGS", "ORDERED", "BY", "REASON")
	for _, loop := range all {
		turns := fmt.Sprint(loop.Turns)
		if loop.Iterations > 0 {
			turns = fmt.Sprintf("%d of %d", loop.Turns, loop.Iterations*int64(len(loop.Configs)))
		}
		row(w, loop.ID, string(loop.State), turns, strings.Join(loop.Configs, " "), age(now, loop.OrderedAt), loop.OrderedBy, orDash(loop.Reason))
	}
}
