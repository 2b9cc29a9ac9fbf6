package jobscheduler

import (
	"maps"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// memory spares questions and repetitions. Losing it costs a few of them and nothing else.
type memory struct {
	mutex sync.Mutex
	// grants are leases whose workflows are known to have been started.
	grants map[ledger.Lease]bool
	// stops are leases that were told to end.
	stops map[ledger.Lease]stopped
}

type stopped struct {
	signal string
	at     time.Time
}

func newMemory() memory {
	return memory{grants: map[ledger.Lease]bool{}, stops: map[ledger.Lease]stopped{}}
}

func (m *memory) granted(lease ledger.Lease) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.grants[lease]
}

func (m *memory) noteGranted(lease ledger.Lease) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.grants[lease] = true
}

// forgetOthers forgets the leases that are over.
func (m *memory) forgetOthers(leased []ledger.Job) {
	held := make(map[ledger.Lease]bool, len(leased))
	for _, job := range leased {
		held[job.Lease()] = true
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	maps.DeleteFunc(m.grants, func(lease ledger.Lease, _ bool) bool { return !held[lease] })
	maps.DeleteFunc(m.stops, func(lease ledger.Lease, _ stopped) bool { return !held[lease] })
}
