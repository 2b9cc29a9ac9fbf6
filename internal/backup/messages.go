package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stored is one message of a stream, a line of JSON in a part.
type stored struct {
	Sequence uint64      `json:"seq"`
	Subject  string      `json:"subject"`
	Header   nats.Header `json:"header,omitempty"`
	Data     []byte      `json:"data"`
}

// writeMessages writes what a stream has after a place, in its order, until there is no more. Of a bucket that is written to
// meanwhile it so has every entry: one that is replaced before it is read moves to the end, which is still to come.
// The server's own snapshot of a bucket lacks entries that are replaced while it is taken.
func (b *eventBus) writeMessages(ctx context.Context, stream string, after uint64, w io.Writer) error {
	source, err := b.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	for {
		message, err := source.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		after = message.Sequence
		if err := encoder.Encode(stored{message.Sequence, message.Subject, own(message.Header), message.Data}); err != nil {
			return err
		}
	}
}

// appendMessages publishes messages again that come after a place. A message that the log takes for a repetition is stored
// all the same, so that the places of those after it stay what they were.
func (b *eventBus) appendMessages(ctx context.Context, after uint64, part io.Reader) error {
	decoder := json.NewDecoder(part)
	for {
		var next stored
		switch err := decoder.Decode(&next); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		case next.Sequence <= after:
			continue
		}
		message := &nats.Msg{Subject: next.Subject, Header: next.Header, Data: next.Data}
		ack, err := b.js.PublishMsg(ctx, message)
		if err == nil && ack.Duplicate {
			message.Header.Del(jetstream.MsgIDHeader)
			_, err = b.js.PublishMsg(ctx, message)
		}
		if err != nil {
			return err
		}
	}
}

// own is the header without what belonged to one act: what the message demanded of the stream when it was stored, and
// what the server says of it when it is read.
func own(header nats.Header) nats.Header {
	kept := nats.Header{}
	for name, values := range header {
		if name == jetstream.MsgIDHeader || name == jetstream.MsgRollup || !strings.HasPrefix(name, "Nats-") {
			kept[name] = values
		}
	}
	return kept
}

// appendTail completes the log. Its snapshot may have some of the tail: the server copies the newest messages last.
func (b *eventBus) appendTail(ctx context.Context, tail io.Reader) error {
	log, err := b.js.Stream(ctx, logStream)
	if err != nil {
		return err
	}
	return b.appendMessages(ctx, log.CachedInfo().State.LastSeq, tail)
}

// bucket makes a bucket again from its settings and its entries.
func (b *eventBus) bucket(ctx context.Context, settings []byte, entries io.Reader) error {
	var config jetstream.StreamConfig
	if err := json.Unmarshal(settings, &config); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if _, err := b.js.CreateStream(ctx, config); err != nil {
		return err
	}
	return b.appendMessages(ctx, 0, entries)
}

// lastSequence is the place of the newest message in a stream's state.
func (s streamSettings) lastSequence() (uint64, error) {
	var state struct {
		LastSequence *uint64 `json:"last_seq"`
	}
	if err := json.Unmarshal(s.State, &state); err != nil {
		return 0, err
	}
	if state.LastSequence == nil {
		return 0, errors.New("the server did not tell the stream's last sequence")
	}
	return *state.LastSequence, nil
}
