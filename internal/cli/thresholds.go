package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/thresholds"
)

func (a *app) config() *cobra.Command {
	command := &cobra.Command{
		Use:   "config",
		Short: "Look at the thresholds of the training loop, check their file, and make one",
		Long: fmt.Sprintf(`Look at the thresholds of the training loop, check their file, and make one.

The file is %s in CLUSTER_DIR. Without it the preset %s holds.`, thresholds.FileName, thresholds.Fast),
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(a.configExplain(), a.configShow(), a.configCheck(), a.configInit())
	return command
}

func (a *app) configExplain() *cobra.Command {
	return &cobra.Command{
		Use: "explain KEY", Short: "Say what a threshold means, its bounds, its value and where that is from; or those of a group",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, inputs []string) error { return a.explainThresholds(inputs[0]) },
		ValidArgsFunction: func(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
			return offerThresholds(given), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func (a *app) configShow() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show every threshold that is in force, and which the file sets", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.showThresholds() },
	}
}

func (a *app) configCheck() *cobra.Command {
	var path string
	command := &cobra.Command{
		Use: "check", Short: "Check the file of thresholds; with faults the exit code is 1", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.checkThresholds(path) },
	}
	command.Flags().StringVar(&path, "file", "", "another `file` than that in CLUSTER_DIR")
	return command
}

func (a *app) configInit() *cobra.Command {
	var preset string
	command := &cobra.Command{
		Use: "init", Short: "Make a file of thresholds with every key in it as a comment", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.initThresholds(preset) },
	}
	command.Flags().StringVar(&preset, "preset", thresholds.Fast, strings.Join(thresholds.Presets(), " or "))
	complete(command, "preset", thresholds.Presets()...)
	return command
}

func (a *app) checkThresholds(path string) error {
	now, err := a.readThresholds(path)
	report := reportOf(now, nil)
	var faults *thresholds.Faults
	if errors.As(err, &faults) {
		report.Path, report.Faults = faults.Path, faults.List
	}
	if err == nil || faults != nil && a.output == outputJSON {
		return errors.Join(a.print(report, func(w io.Writer) { fmt.Fprintln(w, report.origin()) }), err)
	}
	return err
}

func (a *app) initThresholds(preset string) error {
	if _, err := thresholds.Preset(preset); err != nil {
		return usagef("--preset: %w", err)
	}
	path := a.thresholdsPath()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make CLUSTER_DIR: %w", err)
	}
	err := thresholds.WriteDefault(path, preset)
	if errors.Is(err, fs.ErrExist) {
		return refusef("%s is there already: change it, or remove it first", path)
	}
	if err != nil {
		return err
	}
	return a.print(writtenReport{path}, func(w io.Writer) {
		fmt.Fprintf(w, "%s has the preset %s and every key as a comment: take the # away where a value should be another\n", path, preset)
	})
}

func (a *app) thresholdsPath() string {
	return filepath.Join(a.Config.SharedDir(), thresholds.FileName)
}

// readThresholds returns what a file says; without a path what that in CLUSTER_DIR says, or, if it is not there,
// what holds without it.
func (a *app) readThresholds(path string) (thresholds.Snapshot, error) {
	if path == "" {
		return thresholds.NewSource(a.thresholdsPath(), a.Now, nil).Current()
	}
	document, err := os.ReadFile(path)
	if err != nil {
		return thresholds.Snapshot{}, usagef("--file: read the thresholds: %w", err)
	}
	return thresholds.Read(path, document)
}

func (a *app) showThresholds() error {
	now, err := a.readThresholds("")
	if err != nil {
		return err
	}
	keys, err := thresholds.Explain("", &now)
	if err != nil {
		return err
	}
	report := reportOf(now, keys)
	return a.print(report, func(w io.Writer) {
		fmt.Fprintln(w, report.origin())
		writeThresholds(w, report)
	})
}

// explainThresholds also works while the file is wrong, which is when an operator wants to know the bounds.
func (a *app) explainThresholds(key string) error {
	now, wrong := a.readThresholds("")
	force := &now
	if wrong != nil {
		fmt.Fprintln(a.Err, "note:", wrong)
		force = nil
	}
	keys, err := thresholds.Explain(key, force)
	if is[*thresholds.UnknownKey](err) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	report := reportOf(now, keys)
	return a.print(report, func(w io.Writer) {
		if len(keys) > 1 {
			writeThresholds(w, report)
			return
		}
		writeThreshold(w, report, keys[0])
	})
}

func offerThresholds(given []string) (offers []string) {
	keys, err := thresholds.Explain("", nil)
	if err != nil || len(given) > 0 {
		return nil
	}
	for _, key := range keys {
		offers = append(offers, key.Key+"\t"+key.Help)
	}
	return offers
}
