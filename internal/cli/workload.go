package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/check"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

func (a *app) workload() *cobra.Command {
	command := &cobra.Command{
		Use:   "workload",
		Short: "Look at a workload's folder, and prove that it keeps the contract",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(a.workloadCheck(), a.workloadInfo())
	return command
}

// workloadReport is what `workload info -o json` prints.
type workloadReport struct {
	Dir      string             `json:"dir"`
	Hash     string             `json:"hash"`
	Manifest *workload.Manifest `json:"manifest"`
}

func (a *app) workloadInfo() *cobra.Command {
	return &cobra.Command{
		Use: "info DIR", Short: "Show what a workload says of itself, and its content hash", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, inputs []string) error {
			if err := checkFolder(inputs[0]); err != nil {
				return err
			}
			loaded, err := workload.Load(inputs[0])
			if err != nil {
				return err
			}
			report := workloadReport{Dir: loaded.Dir, Hash: loaded.Hash, Manifest: loaded.Manifest}
			return a.print(report, func(w io.Writer) { writeWorkload(w, report) })
		},
	}
}

// checkFolder refuses a folder that is not there; what is wrong in it is another question.
func checkFolder(dir string) error {
	if unreadable(dir) {
		return usagef("the workload's folder %q cannot be read: name one with a %s", dir, workload.ManifestFile)
	}
	return nil
}

func writeWorkload(w io.Writer, report workloadReport) {
	m := report.Manifest
	row(w, "NAME", m.Name)
	row(w, "VERSION", m.Version)
	row(w, "CONTENT", report.Hash)
	for _, config := range m.Configs {
		row(w, "CONFIG", config.Key, count(config.Players, "player"), count(config.Cells, "cell"), config.SizeClass)
	}
	row(w, "COMMANDS", names(slices.Sorted(maps.Keys(m.Commands))))
	row(w, "BASELINES", strings.Join(ids(m.Baselines, func(b workload.Baseline) string { return b.ID }), ", "))
	row(w, "HARNESSES", strings.Join(ids(m.Harnesses, func(h workload.Harness) string { return h.ID }), ", "))
	row(w, "FORMATS", m.Formats.Games+", "+m.Formats.Dataset+", "+m.Formats.Model)
}

func ids[T any](list []T, id func(T) string) []string {
	var texts []string
	for _, one := range list {
		texts = append(texts, id(one))
	}
	return texts
}

type workloadFlags struct {
	config string
	games  int
	rules  []string
	folder string
}

func (a *app) workloadCheck() *cobra.Command {
	var flags workloadFlags
	command := &cobra.Command{
		Use:   "check DIR",
		Short: "Run every command of a workload on tiny sizes and prove each rule of the contract",
		Long: `Run every command of a workload on tiny sizes and prove each rule of the contract.

Each rule is told as soon as its verdict falls: passed, failed, blocked (something before it went wrong) or
skipped (about a feature that the workload does not have). Exit code 0 if nothing failed or was blocked.`,
		Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, inputs []string) error {
			return a.checkWorkload(command.Context(), inputs[0], flags)
		},
	}
	command.Flags().StringVar(&flags.config, "config", "", "the configuration to play; default the first of the manifest")
	command.Flags().IntVar(&flags.games, "games", 0, "how many games a run plays, at least 10; default 40")
	command.Flags().StringSliceVar(&flags.rules, "rule", nil, "only these rules, and those that every run is watched for")
	command.Flags().StringVar(&flags.folder, "keep", "", "an empty folder to work in, which is kept; default a temporary one")
	return command
}

func (a *app) checkWorkload(ctx context.Context, dir string, flags workloadFlags) error {
	rules, err := rulesNamed(flags.rules)
	if err != nil {
		return err
	}
	if flags.games != 0 && flags.games < check.MinGames {
		return usagef("--games %d: give at least %d", flags.games, check.MinGames)
	}
	if err := checkPlayed(dir, flags.config); err != nil {
		return err
	}
	folder, remove, err := workFolder(flags.folder)
	if err != nil {
		return err
	}
	defer remove()
	scope, err := process.Scope(folder)
	if err != nil {
		return err
	}
	report, err := check.Run(ctx, dir, check.Options{
		Runner: run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + a.Config.Path}}),
		Folder: folder, Config: flags.config, Games: flags.games, Only: rules, Tell: a.tellFinding,
	})
	if err != nil {
		return err
	}
	return a.concludeCheck(report)
}

// checkPlayed refuses a folder that is not there, and a configuration that the workload in it does not offer. The faults
// of a manifest are for the rules to tell.
func checkPlayed(dir, config string) error {
	if err := checkFolder(dir); err != nil {
		return err
	}
	loaded, err := workload.Load(dir)
	if err != nil || config == "" {
		return nil
	}
	if _, offered := loaded.Manifest.Config(config); !offered {
		keys := ids(loaded.Manifest.Configs, func(c workload.Config) string { return c.Key })
		return usagef("--config %q: the workload does not offer it: choose one of %s", config, names(keys))
	}
	return nil
}

// workFolder returns the folder to work in, and what removes it if nobody asked to keep it.
func workFolder(kept string) (string, func(), error) {
	if kept != "" {
		entries, err := os.ReadDir(kept)
		if err == nil && len(entries) > 0 {
			return "", nil, usagef("--keep %s: the folder is not empty", kept)
		}
		if err == nil {
			kept, err = filepath.Abs(kept)
		}
		return kept, func() {}, err
	}
	folder, err := os.MkdirTemp("", "workload-check-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	return folder, func() { _ = os.RemoveAll(folder) }, nil // what is left there is of no use to anybody
}

func rulesNamed(texts []string) ([]workload.Rule, error) {
	var chosen []workload.Rule
	for _, text := range texts {
		rule := workload.Rule(strings.ToLower(text))
		if !slices.Contains(check.Rules(), rule) {
			return nil, usagef("unknown rule %q: choose of %s", text, names(check.Rules()))
		}
		chosen = append(chosen, rule)
	}
	return chosen, nil
}

// tellFinding shows a verdict as it falls: beside the JSON document, which comes at the end.
func (a *app) tellFinding(finding check.Finding) {
	out := a.Out
	if a.output == outputJSON {
		out = a.Err
	}
	text := finding.Demand
	if finding.Detail != "" {
		text = strings.ReplaceAll(finding.Detail, "\n", "; ")
	}
	fmt.Fprintf(out, "%-8s %-17s %6.1fs  %s\n", finding.Verdict, finding.Rule, finding.Seconds, text)
}

// concludeCheck prints the summary and turns a verdict that is not green into an error.
func (a *app) concludeCheck(report *check.Report) error {
	if a.output == outputJSON {
		if err := writeJSON(a.Out, report, "  "); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.Out, "\n%s %s on %s: %s passed, %d failed, %d blocked, %d skipped; %s in %.0fs\n",
			orDash(report.Name), report.Version, orDash(report.Config), count(report.Count(check.Passed), "rule"),
			report.Count(check.Failed), report.Count(check.Blocked), report.Count(check.Skipped), count(report.Runs, "run"), report.Seconds)
	}
	switch {
	case report.Green():
		return nil
	case len(report.Broken()) == 0:
		return fmt.Errorf("%s could not be checked", count(report.Count(check.Blocked), "rule"))
	}
	return fmt.Errorf("the workload breaks %s", names(report.Broken()))
}
