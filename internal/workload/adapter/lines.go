package adapter

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	beatEvery     = workload.BeatInterval / 2
	progressEvery = 100 * time.Millisecond
)

// lines writes progress lines, one whole line at a time.
type lines struct {
	mutex   sync.Mutex
	out     io.Writer
	told    time.Time      // when progress was last told
	pending *workload.Line // progress that came too soon after that
}

func newLines(out io.Writer) *lines { return &lines{out: out} }

// beat writes a heartbeat now and then until the returned function is called.
func (l *lines) beat() (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(beatEvery)
		defer ticker.Stop()
		for {
			l.write(workload.Line{T: workload.LineBeat})
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}

// progress writes a line unless one was written just now.
func (l *lines) progress(line workload.Line) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := time.Now()
	if now.Sub(l.told) < progressEvery {
		l.pending = &line
		return
	}
	l.told, l.pending = now, nil
	l.put(line)
}

// flush writes the progress that was held back.
func (l *lines) flush() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.pending != nil {
		l.put(*l.pending)
		l.pending = nil
	}
}

func (l *lines) write(line workload.Line) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.put(line)
}

// raw writes text that is no line of the contract.
func (l *lines) raw(text string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	_, _ = l.out.Write([]byte(text)) // as in put
}

// put writes one line. Lines are news, not results: one that cannot be written is no reason to end the work,
// and when nobody reads any more the broken pipe ends the program anyway.
func (l *lines) put(line workload.Line) {
	text, err := json.Marshal(line)
	if err != nil {
		text, _ = json.Marshal(workload.Line{T: workload.LineWarn, Message: "a line was lost: " + err.Error()}) // a string always marshals
	}
	_, _ = l.out.Write(append(text, '\n'))
}
