package process

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// Processors hands out the processors of the machine to commands that are bound to some of them. Those that run at the
// same time get different ones, as long as there are enough. It may be used by many goroutines.
type Processors struct {
	usable func() ([]int, error)

	mutex sync.Mutex
	bound map[int]int // how many commands are bound to a processor
}

// NewProcessors hands out the processors that this process may use.
func NewProcessors() *Processors {
	return &Processors{usable: usableProcessors, bound: map[int]int{}}
}

// Take chooses count processors, those that the fewest commands are bound to, until giveBack; all there are if there are
// no more. The result is for Limits.Processors.
func (p *Processors) Take(count int) (chosen []int, giveBack func(), err error) {
	usable, err := p.usable()
	if err != nil {
		return nil, nil, err
	}
	// At random among equals: other workers of this machine choose too, and do not know of these.
	rand.Shuffle(len(usable), func(i, j int) { usable[i], usable[j] = usable[j], usable[i] })
	p.mutex.Lock()
	defer p.mutex.Unlock()
	slices.SortStableFunc(usable, func(a, b int) int { return p.bound[a] - p.bound[b] })
	chosen = usable[:min(count, len(usable))]
	p.add(chosen, 1)
	return chosen, func() {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.add(chosen, -1)
	}, nil
}

func (p *Processors) add(processors []int, commands int) {
	for _, processor := range processors {
		p.bound[processor] += commands
	}
}
