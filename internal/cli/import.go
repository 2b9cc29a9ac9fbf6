package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/processcompose"
)

// importReport is what `import -o json` prints.
type importReport struct {
	Daemons []string `json:"daemons"`
	// File is the file of daemons, unless it is Written somewhere.
	File    string                `json:"file,omitempty"`
	Written string                `json:"written,omitempty"`
	Notes   []processcompose.Note `json:"notes"`
}

func (a *app) imports() *cobra.Command {
	command := &cobra.Command{
		Use:   "import",
		Short: "Make a file of daemons of another supervisor's file",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(a.importProcessCompose())
	return command
}

func (a *app) importProcessCompose() *cobra.Command {
	var write string
	var options processcompose.Options
	command := &cobra.Command{
		Use:   "process-compose FILE...",
		Short: "Make a file of daemons of a file of process-compose, and say what is different",
		Long: "Prints a file of daemons that does what a file of process-compose does, to be kept beside it; a later FILE is\n" +
			"laid over an earlier one. What becomes of each key is told on standard error: what maps, what changes in meaning,\n" +
			"and what does not map, with what to do instead.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error { return a.runImport(options, write, paths) },
	}
	command.Flags().StringVarP(&write, "write", "w", "", "write it to this `file`, which must not be there yet, with paths that are right there")
	command.Flags().StringArrayVarP(&options.EnvFiles, "env-file", "e", nil, "`file` of variables, instead of .env beside FILE")
	return command
}

func (a *app) runImport(options processcompose.Options, write string, paths []string) error {
	var err error
	if options.Registry, err = a.table(); err != nil {
		return err
	}
	if write != "" {
		options.Folder = filepath.Dir(write)
	}
	made, err := processcompose.Import(options, paths...)
	if err != nil {
		return usageError{err}
	}
	report := importReport{Daemons: made.Daemons, File: string(made.Text), Notes: made.Notes}
	if write != "" {
		if err := writeNew(write, made.Text); err != nil {
			return err
		}
		report.File, report.Written = "", write
	}
	if a.output == outputJSON {
		return a.print(report, nil)
	}
	return a.tellImport(report)
}

// tellImport prints the file, or where it is, and tells of each key beside it.
func (a *app) tellImport(report importReport) error {
	told := map[processcompose.Verdict]int{}
	for _, note := range report.Notes {
		told[note.Verdict]++
		fmt.Fprintln(a.Err, note)
	}
	fmt.Fprintf(a.Err, "%s; of what is told above, %d map, %d change in meaning, %d do not map\n",
		count(len(report.Daemons), "daemon"), told[processcompose.Maps], told[processcompose.Changes], told[processcompose.Missing])
	if report.Written == "" {
		_, err := io.WriteString(a.Out, report.File)
		return err
	}
	_, err := fmt.Fprintf(a.Out, "%s is written: look at it, then `starter up --file %s --dry-run`\n", report.Written, report.Written)
	return err
}
