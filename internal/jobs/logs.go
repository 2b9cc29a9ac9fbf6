package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/workload"
)

// maxLinesBytes is how large the file of an attempt's lines gets before it begins anew; the one before is kept.
const maxLinesBytes = 1 << 20

// AttemptLogs are the logs of one attempt on this node.
type AttemptLogs struct {
	Attempt int64
	// Lines is what the command told on standard output, a JSON document with its time a line; Errors is its
	// standard error. Each lists paths, oldest part first; none if nothing was said.
	Lines, Errors []string
}

// FindLogs returns the logs that a node has of a job, oldest attempt first; dir is ExecutorConfig.Dir.
func FindLogs(dir, jobID string) ([]AttemptLogs, error) {
	if err := data.CheckName(jobID, 1); err != nil {
		return nil, fmt.Errorf("find logs: %w", err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, jobID))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find logs of job %s: %w", jobID, err)
	}
	var all []AttemptLogs
	for _, entry := range entries {
		number, err := strconv.ParseInt(entry.Name(), 10, 64)
		if err != nil {
			continue // not ours
		}
		path := filepath.Join(dir, jobID, entry.Name())
		all = append(all, AttemptLogs{number, parts(path, linesFile), parts(path, workload.LogFile)})
	}
	slices.SortFunc(all, func(a, b AttemptLogs) int { return int(a.Attempt - b.Attempt) })
	return all, nil
}

// parts returns the rotated parts of a log, the highest number first since it is the oldest.
func parts(dir, name string) []string {
	const most = 9
	var found []string
	for number := most; number >= 0; number-- {
		path := filepath.Join(dir, name)
		if number > 0 {
			path += "." + strconv.Itoa(number)
		}
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
			found = append(found, path)
		}
	}
	return found
}

// lineLog keeps what a command tells, but for its heartbeats.
type lineLog struct {
	path string
	file *os.File
	size int
	err  error // the first; nothing is written after it
}

// loggedLine is a line with the time when it came.
type loggedLine struct {
	At time.Time `json:"at"`
	workload.Line
}

func (f attemptFolder) openLines() (*lineLog, error) {
	log := &lineLog{path: filepath.Join(f.path, linesFile)}
	return log, log.open()
}

func (l *lineLog) open() (err error) {
	l.size = 0
	l.file, err = os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("open the log of lines: %w", err)
	}
	return nil
}

// add writes a line. A log that cannot be written never stops a command.
func (l *lineLog) add(line workload.Line) {
	if l.err != nil || line.T == workload.LineBeat {
		return
	}
	text, err := json.Marshal(loggedLine{time.Now().UTC(), line})
	if err == nil && l.size+len(text) >= maxLinesBytes {
		err = l.rotate()
	}
	if err == nil {
		_, err = l.file.Write(append(text, '\n'))
		l.size += len(text) + 1
	}
	l.err = err
}

func (l *lineLog) rotate() error {
	if err := errors.Join(l.file.Close(), os.Rename(l.path, l.path+".1")); err != nil {
		return err
	}
	return l.open()
}

func (l *lineLog) close() error {
	if l.file == nil {
		return l.err
	}
	return errors.Join(l.err, l.file.Close())
}
