package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/retention"
)

func (a *app) retention() *cobra.Command {
	var budget string
	command := &cobra.Command{
		Use:   "retention",
		Short: "Show what is kept, for how long, and what it takes of the disk",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			bytes := int64(0)
			if budget != "" {
				var err error
				if bytes, err = retention.ParseSize(budget); err != nil {
					return usagef("--budget: %w", err)
				}
			}
			dataDir, err := filepath.Abs(a.Config.DataDir)
			if err != nil {
				return fmt.Errorf("find DATA_DIR: %w", err)
			}
			clusterDir, err := filepath.Abs(a.Config.SharedDir())
			if err != nil {
				return fmt.Errorf("find CLUSTER_DIR: %w", err)
			}
			report, err := retention.Measure(command.Context(), dataDir, clusterDir, bytes)
			if err != nil {
				return err
			}
			return a.print(report, func(w io.Writer) { writeRetention(w, report) })
		},
	}
	command.Flags().StringVar(&budget, "budget", "", "what DATA_DIR and CLUSTER_DIR may take together, such as 200GiB; default the disk")
	return command
}

func writeRetention(w io.Writer, report retention.Report) {
	row(w, "WHAT", "NOW", "KEPT", "AT MOST", "BY")
	for _, use := range report.Rows {
		now := "-"
		if use.Root != retention.RootNone {
			now = sizeText(use.Size)
		}
		row(w, use.What, now, retention.AgeText(use.Age), use.Limit(), use.By)
	}
	budget := "no budget of its own"
	if report.Budget > 0 {
		budget = "budget " + retention.SizeText(report.Budget)
	}
	fmt.Fprintf(w, "\nAll: %s, %s; the disk has %s free of %s: %s\n", sizeText(report.Total), budget,
		retention.SizeText(report.DiskFree), retention.SizeText(report.DiskBytes), report.State)
	if report.Note != "" {
		fmt.Fprintln(w, report.Note)
	}
}

func sizeText(size retention.Size) string {
	if !size.Known {
		return "unknown"
	}
	return retention.SizeText(size.Bytes)
}
