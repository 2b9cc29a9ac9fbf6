package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
)

// conclude proves what a command has left behind and decides what comes next.
func conclude(ctx context.Context, attempt *workload.Attempt, exit process.Exit, cause workload.Cause, tracker *tracker) (*Report, error) {
	progress, fault := tracker.state()
	report := &Report{Exit: exit, Progress: progress, Ending: ending(exit, cause)}
	if fault != nil {
		report.Flags = append(report.Flags, *fault)
	}
	if exit.Cause == process.CauseExited && exit.Stragglers > 0 {
		report.Flags = append(report.Flags, *workload.Violated(workload.RuleOrphans, "%d processes were left behind", exit.Stragglers))
	}
	if err := report.prove(ctx, attempt); err != nil {
		return nil, err
	}
	report.Decision = workload.Decide(report.Ending)
	if report.Result == nil {
		report.Message = message(attempt)
	}
	return report, nil
}

// ending translates a process's exit; cause is why it was told to end, if it was.
func ending(exit process.Exit, cause workload.Cause) workload.Ending {
	e := workload.Ending{Cause: workload.CauseEnded, Code: workload.ExitCode(exit.Code), Signal: int(exit.Signal)}
	switch exit.Cause {
	case process.CauseStopped:
		e.Cause = cause
		if cause == "" {
			e.Cause = workload.CauseLost // not by us: the shim was told to end from outside
		}
	case process.CauseOutOfMemory:
		e.Cause = workload.CauseMemory
	case process.CauseProcessLimit:
		e.Cause = workload.CauseProcesses
	case process.CauseWorkerGone, process.CauseShimLost:
		e.Cause = workload.CauseLost
	}
	return e
}

// prove verifies the result of an attempt that claims to have one.
func (r *Report) prove(ctx context.Context, attempt *workload.Attempt) error {
	code := r.Ending.Code
	if r.Ending.Signal != 0 || r.Ending.Cause == workload.CauseLost || code != workload.ExitDone && code != workload.ExitDeadline {
		return nil
	}
	result, err := attempt.Verify(ctx, code)
	var violation *workload.Violation
	switch {
	case errors.As(err, &violation):
		r.Ending.Violation = violation
		return nil
	case err != nil:
		return fmt.Errorf("prove job %s: %w", attempt.Request.JobID, err)
	}
	r.Result, r.Ending.Done = result, share(attempt, result, r.Progress)
	return nil
}

// share is how much of the work a result holds. Self-play is counted in the games that were handed over,
// other commands by their own progress.
func share(attempt *workload.Attempt, result *workload.Result, progress Progress) float64 {
	if result.Status == workload.StatusOK {
		return 1
	}
	done, total := progress.Done, progress.Total
	if attempt.Request.Command == workload.Selfplay {
		var wanted struct {
			Games float64 `json:"games"`
		}
		output, err := result.Output(workload.RoleGames)
		if err == nil && output.Records != nil && json.Unmarshal(attempt.Request.Params, &wanted) == nil {
			done, total = float64(*output.Records), wanted.Games
		}
	}
	if total <= 0 {
		return 0
	}
	return min(done/total, 1)
}

// message is what the command said about its failure; empty if it said nothing.
func message(attempt *workload.Attempt) string {
	if result, err := attempt.Result(); err == nil && result.Error != "" {
		return result.Error
	}
	text, err := end(attempt.LogPath(), 4<<10)
	if err != nil {
		return "" // it wrote nothing
	}
	return text
}

// end returns the last bytes of a file, from the beginning of a line.
func end(path string, size int64) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	at, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return "", err
	}
	cut := at > size
	if _, err := file.Seek(max(0, at-size), io.SeekStart); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(file, size))
	if err != nil {
		return "", err
	}
	if _, rest, found := strings.Cut(string(text), "\n"); cut && found {
		return strings.TrimSpace(rest), nil
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(text), "\uFFFD")), nil
}
