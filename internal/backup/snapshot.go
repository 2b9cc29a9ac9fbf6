package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"
)

// logStream is the stream of all events. Its consumers are the readers' places. All other streams are buckets.
const logStream = "EVENTS"

const (
	snapshotSubject = "$JS.API.STREAM.SNAPSHOT."
	restoreSubject  = "$JS.API.STREAM.RESTORE."
	chunkBytes      = 128 << 10
	statusDone      = "204"
)

// streamSettings is what the server tells of the log with its snapshot, and asks for when it is restored.
type streamSettings struct {
	Config json.RawMessage `json:"config"`
	State  json.RawMessage `json:"state"`
}

// apiError is what the server's programming interface answers when it refuses.
type apiError struct {
	Error *struct {
		Description string `json:"description"`
	} `json:"error"`
}

func (e apiError) err() error {
	if e.Error == nil {
		return nil
	}
	return errors.New(e.Error.Description)
}

// snapshot writes the log with its consumers, in the server's own format, and returns its settings.
func (b *eventBus) snapshot(ctx context.Context, w io.Writer) (settings streamSettings, err error) {
	inbox := b.conn.NewInbox()
	chunks, err := b.conn.SubscribeSync(inbox)
	if err != nil {
		return settings, err
	}
	defer func() { err = errors.Join(err, chunks.Unsubscribe()) }()
	request, err := json.Marshal(map[string]any{"deliver_subject": inbox, "chunk_size": chunkBytes})
	if err != nil {
		return settings, err
	}
	var answer struct {
		apiError
		streamSettings
	}
	reply, err := b.request(ctx, snapshotSubject+logStream, request)
	if err == nil {
		err = errors.Join(json.Unmarshal(reply, &answer), answer.err())
	}
	if err != nil {
		return settings, err
	}
	return answer.streamSettings, receive(ctx, chunks, w)
}

// receive writes the chunks of a snapshot until the empty one that ends it. Each is answered, so that the server
// sends no faster than they are written.
func receive(ctx context.Context, chunks *nats.Subscription, w io.Writer) error {
	for {
		limited, cancel := context.WithTimeout(ctx, answerLimit)
		chunk, err := chunks.NextMsgWithContext(limited)
		cancel()
		if err != nil {
			return err
		}
		if len(chunk.Data) == 0 {
			if status := chunk.Header.Get("Status"); status != "" && status != statusDone {
				return fmt.Errorf("the server ended the snapshot: %s %s", status, chunk.Header.Get("Description"))
			}
			return nil
		}
		if _, err := w.Write(chunk.Data); err != nil {
			return err
		}
		if chunk.Reply != "" {
			if err := chunk.Respond(nil); err != nil {
				return err
			}
		}
	}
}

// restore makes the log again from its snapshot.
func (b *eventBus) restore(ctx context.Context, settings []byte, snapshot io.Reader) error {
	reply, err := b.request(ctx, restoreSubject+logStream, settings)
	if err != nil {
		return err
	}
	var answer struct {
		apiError
		DeliverSubject string `json:"deliver_subject"`
	}
	if err := errors.Join(json.Unmarshal(reply, &answer), answer.err()); err != nil {
		return err
	}
	chunk := make([]byte, chunkBytes)
	for {
		n, err := io.ReadFull(snapshot, chunk)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		// The empty chunk after the last one ends the transfer.
		if err := b.send(ctx, answer.DeliverSubject, chunk[:n]); err != nil || n == 0 {
			return err
		}
	}
}

// send hands over one chunk; what comes back is empty, or tells how the restore ended.
func (b *eventBus) send(ctx context.Context, subject string, chunk []byte) error {
	reply, err := b.request(ctx, subject, chunk)
	if err != nil || len(reply) == 0 {
		return err
	}
	var answer apiError
	return errors.Join(json.Unmarshal(reply, &answer), answer.err())
}

func (b *eventBus) request(ctx context.Context, subject string, data []byte) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	reply, err := b.conn.RequestWithContext(limited, subject, data)
	if err != nil {
		return nil, err
	}
	return reply.Data, nil
}
