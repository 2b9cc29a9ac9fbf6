package nodes

import (
	"maps"
	"sync"
)

// Addresses are where the servers of this node are reached, by purpose. Those who listen tell it, the node's report
// repeats it. The zero value is for use, by many goroutines; nil has none.
type Addresses struct {
	mu    sync.Mutex
	known map[string]string
}

// Set tells where a server is reached.
func (a *Addresses) Set(purpose, address string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil {
		a.known = map[string]string{}
	}
	a.known[purpose] = address
}

// Withdraw takes an address back, unless another one was told since: an old copy that ends late takes nothing from
// its successor.
func (a *Addresses) Withdraw(purpose, address string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known[purpose] == address {
		delete(a.known, purpose)
	}
}

// All returns what is known now.
func (a *Addresses) All() map[string]string {
	if a == nil {
		return map[string]string{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make(map[string]string, len(a.known)+1)
	maps.Copy(all, a.known)
	return all
}
