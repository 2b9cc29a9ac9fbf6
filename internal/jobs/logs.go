package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/workload"
)

// maxLinesBytes is how large the file of an attempt's lines gets before it begins anew; the one before is kept.
const maxLinesBytes = 1 << 20

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
	log := &lineLog{path: filepath.Join(f.path, daemonlog.LinesFile)}
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
