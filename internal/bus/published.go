package bus

import (
	"context"
	"time"
)

// Published returns which events entered the log since a moment. The log drops a second publication
// by itself for two hours; those who repeat something older after a crash ask here first.
func (c *Client) Published(ctx context.Context, since time.Time) (map[string]bool, error) {
	ids := map[string]bool{}
	if oldest := c.config.Now().Add(-c.config.MaxAge); since.Before(oldest) {
		since = oldest
	}
	err := c.Follow(ctx, FollowOptions{Since: since, Stop: true}, func(event Event) error {
		ids[event.ID] = true
		return nil
	})
	if err == nil {
		err = ctx.Err() // an interrupted reading proves nothing
	}
	return ids, err
}

// MayRepeat says whether the log may have forgotten that it has something of this age.
func (c *Client) MayRepeat(since time.Time) bool {
	return c.config.Now().Sub(since) > dedupeWindow/2
}
