package run

import (
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
)

// tracker keeps what the lines of a command have told.
type tracker struct {
	tell func(workload.Line)

	mutex    sync.Mutex
	progress Progress
	plain    int
	fault    *workload.Violation // the first
}

func newTracker(tell func(workload.Line)) *tracker {
	now := time.Now()
	return &tracker{tell: tell, progress: Progress{At: now, LastLine: now}}
}

// line takes one line of standard output.
func (t *tracker) line(raw process.Line) {
	line, err := workload.ParseLine(raw.Text)
	if raw.Truncated {
		err = workload.Violated(workload.RuleLines, "a line has more than %d bytes", workload.MaxLineBytes)
	}
	if t.note(line, err) && t.tell != nil {
		t.tell(line)
	}
}

// note records a line and says whether it is worth telling.
func (t *tracker) note(line workload.Line, err error) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := time.Now()
	t.progress.LongestSilence = max(t.progress.LongestSilence, now.Sub(t.progress.LastLine))
	t.progress.LastLine = now
	if err != nil {
		t.flag("%v", err)
		return false
	}
	if line.Plain {
		if t.plain++; t.plain > workload.MaxPlainLines {
			t.flag("more than %d lines of standard output are not JSON", workload.MaxPlainLines)
		}
		return true
	}
	t.advance(line, now)
	return line.T.Known()
}

// advance follows the work.
func (t *tracker) advance(line workload.Line, now time.Time) {
	p := &t.progress
	switch line.T {
	case workload.LineProgress:
		if line.Done != p.Done {
			p.At = now
		}
		p.Done, p.Total, p.Unit, p.Rate = line.Done, line.Total, line.Unit, line.Rate
	case workload.LineCheckpoint:
		p.Checkpoint, p.At = &line, now
	case workload.LineArtifact, workload.LineMetric:
		p.At = now
	}
}

func (t *tracker) flag(format string, arguments ...any) {
	if t.fault == nil {
		t.fault = workload.Violated(workload.RuleLines, format, arguments...)
	}
}

// state returns what has been told so far, and the first breach if there is one.
func (t *tracker) state() (Progress, *workload.Violation) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	progress := t.progress
	progress.LongestSilence = max(progress.LongestSilence, time.Since(progress.LastLine))
	return progress, t.fault
}
