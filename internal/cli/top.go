package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	defaultTopInterval = 2 * time.Second
	minTopInterval     = 500 * time.Millisecond
	// firstGap is between the first two measurements, which are needed to tell the use of processors.
	firstGap = time.Second
	// topVerdicts is how old what daemons that do not run here say of themselves may be.
	topVerdicts = 10 * time.Second
)

// topFlags say what `top` shows, and how often.
type topFlags struct {
	sort               string
	categories, phases []string
	once, watch        bool
	interval           time.Duration
}

func (a *app) top() *cobra.Command {
	var flags topFlags
	command := &cobra.Command{
		Use:   "top",
		Short: "Show what every daemon does and uses: processors, memory, processes, restarts",
		Args:  cobra.NoArgs,
		Long: `top shows all daemons with what the processes of command daemons use now, measured on their nodes over the workers'
HTTP servers (HEALTH_ADDR, HEALTH_TOKEN). A dash is what is not known: daemons that are code of the worker share its
process. 100 % of CPU is one processor. On a screen the table is redrawn until it is interrupted; anywhere else it is
written once, after a second of measuring. With -o json it is one document; with --watch, one a line for each interval.`,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := flags.check(command); err != nil {
				return err
			}
			return a.withFleet(command.Context(), func(fleet *control.Client) error {
				if err := a.checkCategories(command.Context(), flags.categories); err != nil {
					return err
				}
				return (&topView{app: a, flags: flags, meter: newTopMeter(a, fleet)}).run(command.Context())
			})
		},
	}
	command.Flags().StringVar(&flags.sort, "sort", sortCPU, "by "+names(topOrders()))
	command.Flags().StringSliceVar(&flags.categories, "category", nil, "only these categories, as event,sync")
	command.Flags().StringSliceVar(&flags.phases, "phase", nil, "only these phases, as running,restarting")
	command.Flags().BoolVar(&flags.once, "once", false, "write the table once, also on a screen")
	command.Flags().BoolVarP(&flags.watch, "watch", "w", false, "keep writing it where the output is no screen")
	command.Flags().DurationVar(&flags.interval, "interval", defaultTopInterval, "pause between two measurements")
	complete(command, "sort", topOrders()...)
	complete(command, "phase", phaseNames()...)
	return command
}

func (f *topFlags) check(command *cobra.Command) error {
	if err := exclusive(command, "once", "watch"); err != nil {
		return err
	}
	if !slices.Contains(topOrders(), f.sort) {
		return usagef("--sort %q: choose one of %s", f.sort, names(topOrders()))
	}
	for i, phase := range f.phases {
		if f.phases[i] = strings.ToUpper(phase); !slices.Contains(phaseNames(), f.phases[i]) {
			return usagef("--phase %q: choose from %s", phase, names(phaseNames()))
		}
	}
	for i, category := range f.categories {
		f.categories[i] = strings.ToLower(category)
	}
	if f.interval < minTopInterval {
		return usagef("--interval %s: give at least %s", f.interval, minTopInterval)
	}
	return nil
}

// checkCategories refuses a word that is a category neither of this build nor of the file that is in force.
func (a *app) checkCategories(ctx context.Context, texts []string) error {
	registry, err := a.table()
	if err != nil || len(texts) == 0 {
		return err
	}
	registry = a.inForce(ctx, registry, askForList)
	for _, text := range texts {
		if !isCategory(registry, text) {
			return unknownCategory(registry, text)
		}
	}
	return nil
}

// phaseNames are those of spec.Phase.
func phaseNames() []string {
	var texts []string
	for _, phase := range spec.Phases() {
		texts = append(texts, string(phase))
	}
	return texts
}

// topView is one `top`.
type topView struct {
	app   *app
	flags topFlags
	meter *topMeter
}

// run measures and shows until it is interrupted, which is its normal end, or once.
func (v *topView) run(ctx context.Context) error {
	screen := v.app.Terminal && v.app.output == outputText && !v.flags.once
	if screen {
		defer v.app.leaveScreen()
	} else {
		_, _ = v.meter.measure(ctx) // the next one tells, and says what is wrong if that stays so
		pause.For(ctx, firstGap)
	}
	for gap := firstGap; ; gap = v.flags.interval {
		report, err := v.meter.measure(ctx)
		if ctx.Err() != nil {
			return nil
		}
		report = report.shown(v.flags)
		switch {
		case screen:
			err = v.redraw(report, err)
		case err == nil:
			err = v.write(report)
		}
		if err != nil || !screen && !v.flags.watch {
			return err
		}
		if !pause.For(ctx, gap) {
			return nil
		}
	}
}

// write writes one document or table.
func (v *topView) write(report topReport) error {
	if v.app.output == outputJSON && v.flags.watch {
		return writeJSON(v.app.Out, report, "")
	}
	return v.app.print(report, func(w io.Writer) { writeTop(w, report, v.app.Now(), -1) })
}

// redraw fills the screen and no more. A fleet that cannot be seen for a while is told, and looked for again.
func (v *topView) redraw(report topReport, fault error) error {
	columns, lines := v.app.screen()
	var table strings.Builder
	now := v.app.Now()
	if fault != nil {
		fmt.Fprintf(&table, "%s  %s\n", clock(now), oneLine(fault.Error()))
	} else if err := writeTable(&table, func(w io.Writer) { writeTop(w, report, now, lines-topFrame-len(report.faults())) }); err != nil {
		return err
	}
	return v.app.fillScreen(table.String(), columns)
}

// topFrame is how many lines there are around the rows: the summary, the totals, the head, and one that tells of more.
const topFrame = 4

// screen is the size of the output in characters; a small one where it is not known.
func (a *app) screen() (columns, lines int) {
	if a.Screen != nil {
		if columns, lines = a.Screen(); columns > 0 && lines > 0 {
			return columns, lines
		}
	}
	return 80, 24
}

func cutColumns(text string, columns int) (cut string) {
	for line := range strings.Lines(text) {
		if runes := []rune(strings.TrimSuffix(line, "\n")); len(runes) > columns {
			line = string(runes[:columns]) + "\n"
		}
		cut += line
	}
	return cut
}
