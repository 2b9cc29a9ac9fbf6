package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/time/rate"
)

// refusedError is an answer that is not the one asked for.
type refusedError struct {
	status int
	after  time.Duration // the source asks to wait so long; 0 if it does not say
}

// Error names the status.
func (e *refusedError) Error() string {
	return fmt.Sprintf("it answers %d %s", e.status, http.StatusText(e.status))
}

// get sends a request and returns the body, which ends with errStalled when no byte comes for a while.
func (c *Client) get(ctx context.Context, source Source, path string, query url.Values, header http.Header) (io.ReadCloser, *http.Response, error) {
	address, err := source.url(path, query)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stall := time.AfterFunc(c.config.StallTimeout, func() { cancel(errStalled) })
	body := &watchedBody{ctx: ctx, cancel: cancel, stall: stall, timeout: c.config.StallTimeout, rate: c.rate}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("source %s: ask %s: %w", source.Node, path, body.end(err))
	}
	if header != nil {
		request.Header = header
	}
	request.Header.Set("Authorization", "Bearer "+c.config.Token)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, fmt.Errorf("source %s: ask: %w", source.Node, body.end(err))
	}
	body.ReadCloser = response.Body
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusPartialContent {
		refused := &refusedError{status: response.StatusCode, after: retryAfter(response.Header)}
		return nil, nil, fmt.Errorf("source %s: ask %s: %w", source.Node, path, errors.Join(refused, body.Close()))
	}
	return body, response, nil
}

// retryAfter reads a number of seconds, bounded by what a fetch is ready to wait.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds), 30) * time.Second
}

// watchedBody is the body of an answer that must not fall silent, and that is read no faster than agreed.
type watchedBody struct {
	io.ReadCloser
	ctx     context.Context // of the request, as long as which a body lives
	cancel  context.CancelCauseFunc
	stall   *time.Timer
	timeout time.Duration
	rate    *rate.Limiter
}

// Read reads, waits until the bytes are within the rate, and then gives the source the full timeout for the
// next ones.
func (b *watchedBody) Read(p []byte) (int, error) {
	if b.rate != nil {
		p = p[:min(len(p), sliceBytes)]
	}
	n, err := b.ReadCloser.Read(p)
	if n > 0 && b.rate != nil {
		b.stall.Stop()
		if late := b.rate.WaitN(b.ctx, n); late != nil {
			err = late
		}
	}
	if n > 0 {
		b.stall.Reset(b.timeout)
	}
	return n, b.cause(err)
}

// Close ends the request.
func (b *watchedBody) Close() error {
	b.stall.Stop()
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

// end closes what there is of a request that got no answer.
func (b *watchedBody) end(err error) error {
	b.stall.Stop()
	defer b.cancel(nil)
	return b.cause(err)
}

// cause says that the request stalled, where that is why it was cancelled.
func (b *watchedBody) cause(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if cause := context.Cause(b.ctx); errors.Is(cause, errStalled) {
		return errStalled
	}
	return err
}
