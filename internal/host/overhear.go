package host

import (
	"context"
	"sync"
)

// maxHeard bounds the ids that are remembered. An event that is forgotten is followed by one tick more.
const maxHeard = 1000

// heard are the ids of events that a daemon has ticked for, before the log has handed them out.
type heard struct {
	mutex sync.Mutex
	ids   map[string]bool
}

func (h *heard) note(id string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.ids == nil || len(h.ids) >= maxHeard {
		h.ids = map[string]bool{}
	}
	h.ids[id] = true
}

// forget says whether an event was heard.
func (h *heard) forget(id string) bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	was := h.ids[id]
	delete(h.ids, id)
	return was
}

// overhear lets a Waker tick as soon as one of its events is published.
func (w *work) overhear(ctx context.Context, beside *sync.WaitGroup) error {
	waker, can := w.runner.(Waker)
	if !can {
		return nil
	}
	stop, err := w.config.Bus.Overhear(waker.WokenBy(), func(id string) {
		w.heard.note(id)
		w.kick()
	})
	if err != nil {
		return err
	}
	beside.Go(func() {
		<-ctx.Done()
		stop()
	})
	return nil
}
