package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	watchInterval = time.Second
	// clearScreen moves home and clears what the last drawing left below.
	clearScreen = "\x1b[H\x1b[2J"
)

// watch shows the fleet until it is interrupted, which is its normal end. A fleet that cannot be seen
// for a while is told, and looked for again.
func (a *app) watch(ctx context.Context, fleet *control.Client) error {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	show := a.changes()
	if a.Terminal && a.output == outputText {
		show = a.redraw
		defer a.leaveScreen()
	}
	for {
		status, err := a.look(ctx, fleet)
		if ctx.Err() != nil {
			return nil
		}
		if err := show(status, err); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// redraw fills the screen with the table, and no more.
func (a *app) redraw(status spec.FleetStatus, lookErr error) error {
	columns, lines := a.screen()
	var table strings.Builder
	now := a.Now()
	if lookErr != nil {
		fmt.Fprintf(&table, "%s  %s\n", clock(now), oneLine(lookErr.Error()))
	} else if err := writeTable(&table, func(w io.Writer) { writeStatus(w, status, now, max(lines-statusFrame, 0)) }); err != nil {
		return err
	}
	return a.fillScreen(table.String(), columns)
}

// fillScreen writes a screen in one go, so that it does not flicker. Its last line has no end, which would move it up.
func (a *app) fillScreen(text string, columns int) error {
	_, err := io.WriteString(a.Out, clearScreen+strings.TrimSuffix(cutColumns(text, columns), "\n"))
	return err
}

// leaveScreen ends the last line, for what comes next.
func (a *app) leaveScreen() { fmt.Fprintln(a.Out) }

// changes returns a function that writes what is different from the last time it was called.
func (a *app) changes() func(spec.FleetStatus, error) error {
	seen, lastErr := map[control.Target]spec.Info{}, ""
	return func(status spec.FleetStatus, lookErr error) error {
		if lookErr != nil {
			if lookErr.Error() != lastErr {
				fmt.Fprintln(a.Err, clock(a.Now()), lookErr)
				lastErr = lookErr.Error()
			}
			return nil
		}
		lastErr = ""
		changed := spec.FleetStatus{}
		for _, info := range status.Daemons {
			before, known := seen[control.TargetOf(info)]
			if known && before.Phase == info.Phase && before.Epoch == info.Epoch && before.Health.Status == info.Health.Status {
				continue
			}
			seen[control.TargetOf(info)] = info
			changed.Daemons = append(changed.Daemons, info)
			if a.output == outputText {
				a.changeLine(before, info)
			}
		}
		return a.changeDocuments(changed)
	}
}

func (a *app) changeLine(before, info spec.Info) {
	now := a.Now()
	text := fmt.Sprintf("%s  %s", clock(now), control.TargetOf(info))
	if before.Phase != "" && before.Phase != info.Phase {
		text += fmt.Sprintf("  %s →", before.Phase)
	}
	text += "  " + string(info.Phase)
	if info.Health.Status != "" {
		text += "  " + string(info.Health.Status)
	}
	if about := note(info, now); about != "" {
		text += "  " + about
	}
	fmt.Fprintln(a.Out, text)
}

// changeDocuments writes one JSON object a line for every row that changed.
func (a *app) changeDocuments(changed spec.FleetStatus) error {
	if a.output != outputJSON {
		return nil
	}
	for _, row := range newStatusReport(changed).Daemons {
		if err := writeJSON(a.Out, row, ""); err != nil {
			return err
		}
	}
	return nil
}

func clock(now time.Time) string { return now.UTC().Format("15:04:05Z") }
