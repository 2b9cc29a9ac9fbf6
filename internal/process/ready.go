package process

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"
)

// readyLine is how many bytes of a line are matched.
const readyLine = 4 << 10

// readiness is the shim's ear for what Ready describes: the line, among all that the pump reads, or the newline on
// the descriptor.
type readiness struct {
	pattern *regexp.Regexp // nil if no line tells, or one has told
	line    []byte         // the beginning of the line that has not ended yet
	pipe    *os.File       // nil if no descriptor tells
	heard   chan struct{}  // closed when nothing more comes from the pipe
	said    chan struct{}  // holds one value once the command has said that it is ready
}

func newReadiness(ready Ready, pipe *os.File) (*readiness, error) {
	r := &readiness{pipe: pipe, heard: make(chan struct{}), said: make(chan struct{}, 1)}
	if ready.Line == "" {
		return r, nil
	}
	pattern, err := regexp.Compile(ready.Line)
	if err != nil {
		return nil, fmt.Errorf("compile Ready.Line: %w", err)
	}
	r.pattern = pattern
	return r, nil
}

// scan looks for the line in what comes next. Once it was there, nothing more is looked at.
func (r *readiness) scan(text []byte) {
	for r.pattern != nil && len(text) > 0 {
		part, rest, ended := bytes.Cut(text, []byte{'\n'})
		r.line = append(r.line, part[:min(len(part), readyLine-len(r.line))]...)
		text = rest
		if !ended {
			return
		}
		if r.pattern.Match(r.line) {
			r.said <- struct{}{}
			r.pattern = nil
		}
		r.line = r.line[:0]
	}
}

// listen waits for a newline on the pipe. It reads on to the end, so that nobody dies of writing more than that.
func (r *readiness) listen() {
	defer close(r.heard)
	buffer := make([]byte, 64)
	for {
		n, err := r.pipe.Read(buffer)
		if bytes.IndexByte(buffer[:n], '\n') >= 0 {
			r.said <- struct{}{}
			_, _ = io.Copy(io.Discard, r.pipe) // there is nothing more to hear
			return
		}
		if err != nil {
			return // closed without a newline, or finish has waited long enough
		}
	}
}

// finish says, when all processes are gone, whether one said that it was ready and nobody has taken note yet.
func (r *readiness) finish() bool {
	if r.pipe != nil {
		_ = r.pipe.SetReadDeadline(time.Now().Add(finishTimeout)) // what was written is there already
		<-r.heard
	}
	select {
	case <-r.said:
		return true
	default:
		return false
	}
}
