package daemonwatchdog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

// maxResponse is how much is read of an answer, in bytes, so that the connection can be used again.
const maxResponse = 64 << 10

// webhook posts alerts to a URL which is itself the secret of many chat services: it never shows in an error.
type webhook struct {
	url    string
	host   string
	client *http.Client
}

// newWebhook returns nil for an empty URL.
func newWebhook(address string, timeout time.Duration) (*webhook, error) {
	if address == "" {
		return nil, nil
	}
	target, err := url.Parse(address)
	if err != nil || target.Host == "" || (target.Scheme != "http" && target.Scheme != "https") {
		return nil, errors.New("the webhook's URL is not one: give http://… or https://…, or leave it empty")
	}
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &webhook{
		url: address, host: target.Host,
		client: &http.Client{Timeout: timeout, CheckRedirect: refuse},
	}, nil
}

// message is the body: a text that chat services show, and the alerts for programs.
type message struct {
	Text   string   `json:"text"`
	Alerts []posted `json:"alerts"`
}

type posted struct {
	EventID string `json:"event_id"` // the same if an alert comes twice
	bus.DaemonWatchdogAlert
}

func (w *webhook) post(ctx context.Context, batch []*pending) error {
	body, err := encode(batch)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("post alerts to the webhook at %s: the request cannot be made", w.host)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(request)
	if withURL := (*url.Error)(nil); errors.As(err, &withURL) {
		err = withURL.Err
	}
	if err != nil {
		return fmt.Errorf("post alerts to the webhook at %s: %w", w.host, err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxResponse) // the answer's text does not matter
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("post alerts to the webhook at %s: it answered %d", w.host, response.StatusCode)
	}
	return nil
}

func encode(batch []*pending) ([]byte, error) {
	var out message
	var text bytes.Buffer
	for _, alert := range batch {
		content, err := bus.Decode[bus.DaemonWatchdogAlert](alert.Event)
		if err != nil {
			return nil, err
		}
		out.Alerts = append(out.Alerts, posted{alert.Event.ID, content})
		fmt.Fprintf(&text, "[%s] %s\n", content.Severity, content.Message)
	}
	out.Text = text.String()
	return json.Marshal(out)
}
