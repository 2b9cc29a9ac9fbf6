package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/bus"
)

type eventFlags struct {
	follow bool
	names  []string
	last   int
	since  time.Duration
}

// maxLast bounds how far back `events` reads by count.
const maxLast = 10_000

func (a *app) events() *cobra.Command {
	var flags eventFlags
	command := &cobra.Command{
		Use:   "events",
		Short: "Show the last events, or follow them as they come",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := exclusive(command, "last", "since"); err != nil {
				return err
			}
			options, err := a.followOptions(flags)
			if err != nil {
				return err
			}
			return a.withBus(command.Context(), func(client *bus.Client) error {
				err := client.Follow(command.Context(), options, a.writeEvent)
				if flags.follow && errors.Is(err, context.Canceled) {
					return nil // interrupted, which is how following ends
				}
				return err
			})
		},
	}
	command.Flags().BoolVarP(&flags.follow, "follow", "f", false, "wait for more")
	command.Flags().StringSliceVar(&flags.names, "name", nil, "only events of this name; may be repeated")
	command.Flags().IntVar(&flags.last, "last", 20, "how many events to begin with")
	command.Flags().DurationVar(&flags.since, "since", 0, "begin this long ago instead, as 1h")
	complete(command, "name", eventNames()...)
	return command
}

func (a *app) followOptions(flags eventFlags) (bus.FollowOptions, error) {
	options := bus.FollowOptions{Last: flags.last, Stop: !flags.follow}
	if flags.last < 0 || flags.last > maxLast {
		return options, usagef("--last %d: choose a number from 0 to %d", flags.last, maxLast)
	}
	if flags.since < 0 {
		return options, usagef("--since %s lies in the future: write how long ago, as 1h", flags.since)
	}
	if flags.since > 0 {
		options.Last, options.Since = 0, a.Now().Add(-flags.since)
	}
	for _, input := range flags.names {
		name, err := eventName(input)
		if err != nil {
			return options, err
		}
		options.Names = append(options.Names, name)
	}
	return options, nil
}

// writeEvent writes one event: a line of text, or one JSON object a line.
func (a *app) writeEvent(event bus.Event) error {
	if a.output == outputJSON {
		return writeJSON(a.Out, event, "")
	}
	source := event.Source
	if event.Node != "" {
		source += "@" + event.Node
	}
	_, err := fmt.Fprintf(a.Out, "%s  %s  %s  %s\n", event.OccurredAt.UTC().Format("2006-01-02T15:04:05.000Z"),
		event.Name, oneLine(source), printable(event.Payload))
	return err
}

// readBounded reads all of a stream, up to what one event may hold.
func readBounded(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, bus.MaxPayloadBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return content, nil
}

func eventNames() []string {
	var texts []string
	for _, entry := range bus.Catalogue() {
		texts = append(texts, string(entry.Name))
	}
	return texts
}
