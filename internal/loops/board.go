package loops

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
)

// topic is where the bus keeps loops; never change it.
const topic = "training_loops"

var (
	// ErrExists says that there is another loop with the id.
	ErrExists = errors.New("there is another loop with this id")
	// ErrNotFound says that there is no such loop.
	ErrNotFound = errors.New("there is no such loop")
)

// Board is where the loops are. Who may change one is not fenced: each change is a step from what was read, and of two
// who take it one wins.
type Board struct{ session *bus.Session }

// NewBoard is the board in somebody's name.
func NewBoard(session *bus.Session) Board { return Board{session} }

// List returns all loops, the oldest first.
func (b Board) List(ctx context.Context) ([]Loop, error) { return list(ctx, b.session.Client()) }

func list(ctx context.Context, client *bus.Client) ([]Loop, error) {
	values, err := client.Agreed(ctx, topic)
	if err != nil {
		return nil, err
	}
	all := make([]Loop, 0, len(values))
	for id, value := range values {
		loop, err := decode(id, value)
		if err != nil {
			return nil, err
		}
		all = append(all, loop)
	}
	slices.SortFunc(all, func(a, b Loop) int {
		return cmp.Or(a.OrderedAt.Compare(b.OrderedAt), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

// Order puts a loop on the board. The same order again changes nothing.
func (b Board) Order(ctx context.Context, loop Loop) error {
	if err := loop.Check(); err != nil {
		return err
	}
	loop.State, loop.OrderedAt = Idle, loop.OrderedAt.UTC()
	return b.session.Agree(ctx, topic, loop.ID, func(stored []byte) ([]byte, error) {
		if stored == nil {
			return json.Marshal(loop)
		}
		known, err := decode(loop.ID, stored)
		if err == nil && (!slices.Equal(known.Configs, loop.Configs) || known.Iterations != loop.Iterations || known.Games != loop.Games) {
			err = ErrExists
		}
		return nil, err
	})
}

// Step replaces a loop by what follows it, unless somebody else has taken a step meanwhile.
func (b Board) Step(ctx context.Context, from, to Loop) error {
	before, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("encode loop %s: %w", from.ID, err)
	}
	return b.session.Agree(ctx, topic, from.ID, func(stored []byte) ([]byte, error) {
		if !bytes.Equal(stored, before) {
			return nil, nil
		}
		return json.Marshal(to)
	})
}

// Change replaces a loop by what an operator makes of it, whatever step it is at.
func (b Board) Change(ctx context.Context, id string, change func(Loop) Loop) (changed Loop, err error) {
	err = b.session.Agree(ctx, topic, id, func(stored []byte) ([]byte, error) {
		if stored == nil {
			return nil, ErrNotFound
		}
		loop, err := decode(id, stored)
		if err != nil {
			return nil, err
		}
		changed = change(loop)
		return json.Marshal(changed)
	})
	return changed, err
}

func decode(id string, value []byte) (loop Loop, err error) {
	if err := json.Unmarshal(value, &loop); err != nil {
		return loop, fmt.Errorf("read loop %s: %w", id, err)
	}
	return loop, nil
}
