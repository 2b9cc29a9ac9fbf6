package jobs

import (
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Stages of an attempt, in their order.
const (
	StageFetching = "fetching" // inputs come from other nodes; Done and Total are bytes
	StageRunning  = "running"  // the command works; Done and Total are its own
	StageStoring  = "storing"  // what it hands over is read and put to its place; Done and Total are files
)

// teller passes on how far an attempt is.
type teller struct {
	now      func() time.Time
	observe  func(Progress)
	mutex    sync.Mutex
	progress Progress
}

func newTeller(now func() time.Time, observe func(Progress), resume *Checkpoint) *teller {
	return &teller{now: now, observe: observe, progress: Progress{Checkpoint: resume}}
}

// stage begins another stage.
func (t *teller) stage(name string) {
	t.tell(func(p *Progress) bool { *p = Progress{Stage: name, Checkpoint: p.Checkpoint}; return true })
}

// step says how far the stage is.
func (t *teller) step(done, total float64, unit string) {
	t.tell(func(p *Progress) bool { p.Done, p.Total, p.Unit = done, total, unit; return true })
}

// line passes on what the command says.
func (t *teller) line(line workload.Line) {
	switch line.T {
	case workload.LineProgress:
		t.tell(func(p *Progress) bool {
			moved := p.Done != line.Done
			p.Done, p.Total, p.Unit, p.Rate = line.Done, line.Total, line.Unit, line.Rate
			return moved
		})
	case workload.LineArtifact, workload.LineMetric:
		t.tell(func(*Progress) bool { return true })
	}
}

func (t *teller) checkpoint(stored Checkpoint) {
	t.tell(func(p *Progress) bool { p.Checkpoint = &stored; return true })
}

// last is the newest checkpoint, nil if there is none.
func (t *teller) last() *Checkpoint {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.progress.Checkpoint
}

// tell changes what is known; change says whether the work has moved on.
func (t *teller) tell(change func(*Progress) (moved bool)) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if change(&t.progress) {
		t.progress.At = t.now().UTC()
	}
	if t.observe != nil {
		t.observe(t.progress)
	}
}
