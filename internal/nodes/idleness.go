package nodes

import (
	"sync"
	"time"
)

// idleFresh is how old a word about idleness may be: IDLE_RESOURCE measures every 15 s.
const idleFresh = time.Minute

// Idle is for how long nothing has worked on a node, and what is known of its processors.
type Idle struct {
	Seconds float64 `json:"seconds"`          // 0: it is at work
	Reason  string  `json:"reason,omitempty"` // why it is not idle
	// CPU is the share of the processors that was in use lately, 0 to 1.
	CPU float64 `json:"cpu_share"`
	// GPU is the use of the busiest GPU in percent; absent: the node has none.
	GPU *float64 `json:"gpu_percent,omitempty"`
}

// Idleness is what IDLE_RESOURCE says of this node, for the node's report. The zero value is for use, by many
// goroutines; nil knows nothing.
type Idleness struct {
	mu   sync.Mutex
	last Measured[Idle]
}

// Set tells what was measured.
func (i *Idleness) Set(measured Measured[Idle]) {
	if i == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = measured
}

// Get returns what was measured last. Nobody measures any more if that is long ago: then it is unknown.
func (i *Idleness) Get(now time.Time) Measured[Idle] {
	none := Measured[Idle]{At: now.UTC(), Fault: "IDLE_RESOURCE does not measure it"}
	if i == nil {
		return none
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.last.At.IsZero() || now.Sub(i.last.At) > idleFresh {
		return none
	}
	return i.last
}
