package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// jobsFolder is where a node keeps the attempts of its jobs, below DATA_DIR.
const jobsFolder = "jobs"

// jobLogReport is what `jobs logs -o json` prints.
type jobLogReport struct {
	JobID   string `json:"job_id"`
	Attempt int64  `json:"attempt"`
	// Lines are what the command told, each a document with its time; Errors is what it wrote to standard error.
	Lines  []json.RawMessage `json:"lines"`
	Errors []string          `json:"errors"`
}

func (a *app) jobsLogs() *cobra.Command {
	var attempt int64
	var lines int
	command := &cobra.Command{
		Use: "logs ID", Short: "Show what an attempt of a job on this node has told", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, inputs []string) error {
			if lines < 0 || lines > maxLogLines {
				return usagef("--lines %d: choose a number from 0 to %d", lines, maxLogLines)
			}
			found, err := a.findJobLog(command.Context(), inputs[0], attempt)
			if err != nil {
				return err
			}
			return a.showJobLog(inputs[0], found, lines)
		},
	}
	command.Flags().Int64Var(&attempt, "attempt", 0, "which attempt; default the last one that ran here")
	command.Flags().IntVarP(&lines, "lines", "n", 200, "how many of the last lines of each kind")
	return command
}

// findJobLog returns the logs of one attempt.
func (a *app) findJobLog(ctx context.Context, id string, attempt int64) (jobs.AttemptLogs, error) {
	all, err := jobs.FindLogs(filepath.Join(a.Config.DataDir, jobsFolder), id)
	if err != nil {
		return jobs.AttemptLogs{}, usageError{err}
	}
	for i := len(all) - 1; i >= 0; i-- {
		if attempt == 0 || all[i].Attempt == attempt {
			return all[i], nil
		}
	}
	return jobs.AttemptLogs{}, a.explainNoLog(ctx, id, attempt)
}

// explainNoLog says where the attempts ran, as far as the ledger knows.
func (a *app) explainNoLog(ctx context.Context, id string, attempt int64) error {
	where := "it has not run"
	err := a.withQueue(ctx, func(l *ledger.Ledger) error {
		attempts, err := l.JobAttempts(ctx, id)
		for _, one := range attempts {
			if one.Number > 0 && (attempt == 0 || one.Number == attempt) {
				where = fmt.Sprintf("attempt %d ran on node %s: look there, or set DATA_DIR to that node's folder", one.Number, one.Node)
			}
		}
		return err
	})
	if err != nil {
		where = err.Error()
	}
	return fmt.Errorf("job %s has no log in %s: %s", id, filepath.Join(a.Config.DataDir, jobsFolder), where)
}

func (a *app) showJobLog(id string, found jobs.AttemptLogs, lines int) error {
	told, err := lastLines(found.Lines, lines)
	if err != nil {
		return err
	}
	faults, err := lastLines(found.Errors, lines)
	if err != nil {
		return err
	}
	if a.output == outputJSON {
		report := jobLogReport{JobID: id, Attempt: found.Attempt, Lines: []json.RawMessage{}, Errors: []string{}}
		for _, line := range told {
			if json.Valid(line) { // the last one may not be whole
				report.Lines = append(report.Lines, line)
			}
		}
		for _, line := range faults {
			report.Errors = append(report.Errors, string(line))
		}
		return writeJSON(a.Out, report, "  ")
	}
	for _, part := range []struct {
		title string
		lines [][]byte
	}{{"told", told}, {"standard error", faults}} {
		fmt.Fprintf(a.Out, "attempt %d, %s:\n", found.Attempt, part.title)
		for _, line := range part.lines {
			fmt.Fprintf(a.Out, "  %s\n", printable(line))
		}
	}
	return nil
}

// lastLines are the last lines of a log in parts, the oldest part first.
func lastLines(parts []string, most int) (lines [][]byte, err error) {
	for _, path := range parts {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("open log: %w", err)
		}
		content, err := tailOf(file)
		_ = file.Close() // only read from
		if err != nil {
			return nil, fmt.Errorf("read log %s: %w", path, err)
		}
		for line := range bytes.Lines(content) {
			lines = append(lines, bytes.TrimRight(line, "\r\n"))
		}
		lines = lines[max(0, len(lines)-most):]
	}
	return lines, nil
}
