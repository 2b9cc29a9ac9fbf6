package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/daemonfile"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/strict"
)

// fileReport is what `validate --file -o json` prints.
type fileReport struct {
	Valid   bool               `json:"valid"`
	Files   []string           `json:"files"`
	Daemons []spec.Type        `json:"daemons"`
	Faults  []daemonfile.Fault `json:"faults"`
}

// validateFiles reads files of daemons as `up --file` does, and tells every fault.
func (a *app) validateFiles(files []string) error {
	report := fileReport{Files: files, Daemons: []spec.Type{}, Faults: []daemonfile.Fault{}}
	_, rows, err := a.readFiles(files)
	var faults *daemonfile.Faults
	if errors.As(err, &faults) {
		report.Faults = faults.List
	}
	if err != nil && slices.ContainsFunc(files, noFile) {
		err = usageError{err}
	}
	for _, row := range rows {
		report.Daemons = append(report.Daemons, row.Type)
	}
	if report.Valid = err == nil; !report.Valid && a.output != outputJSON {
		return err
	}
	return errors.Join(a.print(report, func(w io.Writer) {
		fmt.Fprintf(w, "%s valid: %s: %s\n", names(files), count(len(rows), "daemon"), names(report.Daemons))
	}), err)
}

// readFiles reads files of daemons, and puts them into the registry of this build to see whether they fit.
func (a *app) readFiles(files []string) (*daemonfile.File, []spec.Daemon, error) {
	registry, err := a.table()
	if err != nil {
		return nil, nil, err
	}
	file, rows, err := daemonfile.Load(registry, files...)
	if err != nil {
		return nil, nil, err
	}
	_, err = daemonfile.Compose(registry, rows)
	return file, rows, err
}

// writtenReport is what `init` and `config init` print with -o json.
type writtenReport struct {
	Written string `json:"written"`
}

func (a *app) init() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write an example of a file of daemons, with every key explained in a comment",
		Long:  "Writes an example of a file of daemons, with every key explained in a comment: to FILE, or to " + daemonfile.FileName + ".\nA file that is there already is left as it is.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, names []string) error {
			path := daemonfile.FileName
			if len(names) == 1 {
				path = names[0]
			}
			if err := writeNew(path, daemonfile.Example()); err != nil {
				return err
			}
			return a.print(writtenReport{path}, func(w io.Writer) {
				fmt.Fprintf(w, "%s is written: look at it, then `starter up --file %s --dry-run`\n", path, path)
			})
		},
	}
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, content []byte) error {
	err := strict.Create(path, content)
	switch {
	case errors.Is(err, fs.ErrExist):
		return refusef("%s is there already: name another file, or remove it", path)
	case err != nil:
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
