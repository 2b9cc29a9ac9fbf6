package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/bus"
)

// publishTimeout bounds the way of one event into the log.
const publishTimeout = 10 * time.Second

func (a *app) publish() *cobra.Command {
	return &cobra.Command{
		Use:   "publish NAME JSON|-",
		Short: "Put an event into the log; - reads its content from standard input",
		Example: `  starter publish OPERATOR_NOTE '{"text":"rack 3 goes down at noon"}'
  starter publish OPERATOR_NOTE - < note.json`,
		Args: cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, inputs []string) error {
			event, err := a.compose(inputs[0], inputs[1])
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), publishTimeout)
			defer cancel()
			return a.withBus(ctx, func(client *bus.Client) error {
				// Epoch 0 is for those who are no daemon and cannot be fenced.
				if err := client.Session("", "", 0).PublishEvent(ctx, event); err != nil {
					return err
				}
				return a.print(event, func(w io.Writer) { fmt.Fprintf(w, "published %s %s\n", event.Name, event.ID) })
			})
		},
		ValidArgsFunction: func(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(given) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return eventNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// compose makes the event before anything is connected: content that is wrong must not cost a round trip.
func (a *app) compose(input, content string) (bus.Event, error) {
	name, err := eventName(input)
	if err != nil {
		return bus.Event{}, err
	}
	raw := []byte(content)
	if content == "-" {
		if raw, err = readBounded(a.In); err != nil {
			return bus.Event{}, err
		}
	}
	payload, err := bus.Parse(name, raw)
	if err != nil {
		return bus.Event{}, usageError{err}
	}
	// Saying the same thing twice is two events: the key makes every publication a fact of its own.
	return bus.NewEvent(payload, bus.Origin{Source: a.Config.Operator, Node: a.Config.NodeID, OccurredAt: a.Now(), Key: rand.Text()})
}

func eventName(input string) (bus.Name, error) {
	entry, err := bus.Lookup(bus.Name(strings.ToUpper(strings.TrimSpace(input))))
	if err != nil {
		return "", usageError{err}
	}
	return entry.Name, nil
}
