package bus

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Overhear calls listen with the id of each of these events that anybody publishes from now on, until stop. It comes as
// soon as the server has it, before the log hands it out to subscribers. What comes while the server is away is missed:
// it is for those who look for themselves once they have a reason to. Listen must be quick.
func (c *Client) Overhear(names []Name, listen func(id string)) (stop func(), err error) {
	var all []*nats.Subscription
	stop = func() {
		for _, one := range all {
			_ = one.Unsubscribe() // of a connection that is closed there is nothing to end
		}
	}
	for _, name := range names {
		one, err := c.conn.Subscribe(eventSubject(name), func(message *nats.Msg) { listen(message.Header.Get(nats.MsgIdHdr)) })
		if err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
			stop()
			return nil, fmt.Errorf("overhear %s: %w", name, err)
		}
		if one != nil {
			all = append(all, one)
		}
	}
	return stop, nil
}
