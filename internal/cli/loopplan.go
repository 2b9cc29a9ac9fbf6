package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/progress"
)

// loopPlan is how a configuration is trained now.
type loopPlan struct {
	ConfigKey string            `json:"config_key"`
	Weight    float64           `json:"curriculum_weight"`
	Plan      progress.LoopPlan `json:"plan"`
}

func (a *app) loopPlan() *cobra.Command {
	return &cobra.Command{
		Use: "plan [CONFIG…]", Short: "Show how configurations are trained beside what is set, and why",
		Long: `What came of a configuration's last candidates changes how its next one is trained and played for. FEEDBACK_LOOP
makes that plan, and it fades. The weight says how many games a configuration gets beside the others.`,
		RunE: func(command *cobra.Command, configs []string) error {
			return a.withQueue(command.Context(), func(l *ledger.Ledger) error {
				report, err := progress.ReadLoops(command.Context(), l)
				if err != nil {
					return err
				}
				plans, err := plansOf(report, configs)
				if err != nil {
					return err
				}
				return a.print(map[string]any{"plans": plans}, func(w io.Writer) { writePlans(w, plans) })
			})
		},
	}
}

// plansOf are those of some configurations, of all if none is named.
func plansOf(report progress.Loops, configs []string) ([]loopPlan, error) {
	plans, known := []loopPlan{}, map[string]loopPlan{}
	for _, one := range report.Loops {
		known[one.ConfigKey] = loopPlan{one.ConfigKey, one.Weight, one.Plan}
		if len(configs) == 0 {
			plans = append(plans, known[one.ConfigKey])
		}
	}
	for _, config := range configs {
		plan, found := known[config]
		if !found {
			return nil, usageError{fmt.Errorf("configuration %q has no loop: `starter loop` lists those that have one", config)}
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

func writePlans(w io.Writer, plans []loopPlan) {
	for _, one := range plans {
		fmt.Fprintf(w, "%s: weight %.2f, %s\n", one.ConfigKey, one.Weight, one.Plan.Text)
		for _, cause := range one.Plan.Causes {
			fmt.Fprintln(w, "  because", cause)
		}
	}
}
