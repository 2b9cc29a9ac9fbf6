package transfer

import (
	"net/http"
	"sync"
)

// gate counts what is under way, in all and of each peer.
type gate struct {
	max, perPeer int
	mu           sync.Mutex
	all          int
	peers        map[string]int
}

func newGate(most, perPeer int) *gate {
	return &gate{max: most, perPeer: perPeer, peers: map[string]int{}}
}

// enter counts one more and returns 0, or returns the HTTP status that says which bound is reached.
func (g *gate) enter(peer string) (refused int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.all >= g.max:
		return http.StatusServiceUnavailable
	case g.peers[peer] >= g.perPeer:
		return http.StatusTooManyRequests
	}
	g.all++
	g.peers[peer]++
	return 0
}

func (g *gate) leave(peer string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	g.peers[peer]--
	if g.peers[peer] == 0 {
		delete(g.peers, peer)
	}
}
