package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/games"
)

// What can be asked of an error of a Client with errors.Is, beside the errors of package data.
var (
	ErrNoSource     = errors.New("no source has it")                    // any more: ask the catalog again
	ErrUnavailable  = errors.New("no source answered in time")          // try again later
	ErrUnauthorized = errors.New("the token is refused by the source")  // its configuration or ours is wrong
	ErrUnfinished   = errors.New("the fetch has had its turn")          // call Fetch again: it goes on behind what is here
	errStalled      = errors.New("no bytes came for the stall timeout") // the next try may do better
)

// maxAnswerBytes bounds an answer that is not a file. The marks of the largest item are the longest one.
const maxAnswerBytes = 16 << 20

// ClientConfig says how a node asks others. Zero means the default.
type ClientConfig struct {
	Token          string        // the same on all nodes
	Parallel       int           // chunks of one fetch that are under way at once; 4; each takes 4 MiB of memory
	BytesPerSecond int64         // of all fetches together; 0 means unlimited
	StallTimeout   time.Duration // a request ends when no byte came for so long; 30 s
	Patience       time.Duration // a fetch ends when no chunk was verified for so long; 2 min; 15 s where no source is reached
	Logger         *slog.Logger  // nil means silence
}

// Client asks other nodes for their files. It may be used by many goroutines.
type Client struct {
	config ClientConfig
	http   *http.Client
	rate   *rate.Limiter // nil means unlimited
}

// NewClient returns a client. Close it when done.
func NewClient(config ClientConfig) (*Client, error) {
	if err := checkToken(config.Token); err != nil {
		return nil, err
	}
	if config.Parallel < 0 || config.Parallel > 64 {
		return nil, fmt.Errorf("parallel: %d: use 1 to 64, or 0 for the default", config.Parallel)
	}
	if config.BytesPerSecond < 0 || config.StallTimeout < 0 || config.Patience < 0 {
		return nil, errors.New("bytes per second, stall timeout and patience: negative: use 0 for the default")
	}
	config.Parallel = orDefault(config.Parallel, 4)
	config.StallTimeout = orDefault(config.StallTimeout, 30*time.Second)
	config.Patience = orDefault(config.Patience, 2*time.Minute)
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	transport := &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConnsPerHost:    config.Parallel,
		MaxConnsPerHost:        4 * config.Parallel,
		MaxResponseHeaderBytes: maxHeaderBytes,
		IdleConnTimeout:        idleTimeout,
		DisableCompression:     true, // ranges are of the bytes as they are
	}
	// A redirect is not followed: it could lead the token elsewhere.
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{config, &http.Client{Transport: transport, CheckRedirect: noRedirect}, newLimiter(config.BytesPerSecond)}, nil
}

// Close ends the connections that wait for further requests.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Page returns the items of a source that follow a place, at most limit; see data.Dir.Page.
func (c *Client) Page(ctx context.Context, source Source, after string, limit int) (data.Page, error) {
	query := url.Values{"after": {after}, "limit": {strconv.Itoa(limit)}}
	var page data.Page
	return page, c.ask(ctx, source, pathInventory, query, &page)
}

// Digest returns the digest of a source's live store.
func (c *Client) Digest(ctx context.Context, source Source, store string) (games.Digest, error) {
	var digest games.Digest
	return digest, c.ask(ctx, source, pathDigest+store, nil, &digest)
}

// marks returns the marks of an item as a source tells them.
func (c *Client) marks(ctx context.Context, source Source, want data.Item) ([]data.Sum, error) {
	var answer marksAnswer
	if err := c.ask(ctx, source, pathItems+want.SHA256.String()+marksSuffix, nil, &answer); err != nil {
		return nil, err
	}
	if answer.SHA256 != want.SHA256 || answer.Bytes != want.Bytes || answer.ChunkBytes != data.ChunkBytes ||
		len(answer.Marks) != data.Chunks(want.Bytes) || answer.Marks[len(answer.Marks)-1] != want.SHA256 {
		return nil, fmt.Errorf("source %s: the marks it tells of %s do not fit its hash or its %d bytes: %w",
			source.Node, want.Place, want.Bytes, data.ErrMismatch)
	}
	return answer.Marks, nil
}

// ask reads an answer in JSON.
func (c *Client) ask(ctx context.Context, source Source, path string, query url.Values, answer any) error {
	body, _, err := c.get(ctx, source, path, query, nil)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(body, maxAnswerBytes+1))
	if err != nil {
		return fmt.Errorf("source %s: read %s: %w", source.Node, path, err)
	}
	if len(text) > maxAnswerBytes {
		return fmt.Errorf("source %s: the answer to %s has more than %d bytes", source.Node, path, maxAnswerBytes)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("source %s: decode the answer to %s: %w", source.Node, path, err)
	}
	return nil
}
